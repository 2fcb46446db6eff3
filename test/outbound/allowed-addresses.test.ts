import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { INWARD_HOSTS } from '../support/inward-hosts.js';
import { closeOpened, outboundOf, post, receiverOf, resolverOf } from '../support/outbounds.js';
import { openReceiver, type Receiver } from '../support/receiver.js';

afterEach(closeOpened);

describe('nothing turns inwards', () => {
  const closed = { allowLoopback: false };
  let canary: Receiver;
  let canary6: Receiver;
  beforeAll(async () => {
    canary = await openReceiver(undefined, '0.0.0.0');
    canary6 = await openReceiver(undefined, '::1');
  });
  afterAll(async () => {
    await canary.close();
    await canary6.close();
  });

  test('no spelling of an internal address is ever connected to', async () => {
    // Names that only a network's own resolver knows are answered as it would.
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const outbound = outboundOf({ ...closed, resolve });
    const before = canary.connections() + canary6.connections();
    for (const host of INWARD_HOSTS) {
      for (const { port } of [canary, canary6]) {
        const request = post(outbound, `http://${host}:${port}/`);
        await expect(request).rejects.toMatchObject({ failure: 'address_not_allowed' });
      }
    }
    expect(canary.connections() + canary6.connections()).toBe(before);
  });

  test('a name that resolves inwards is refused', async () => {
    const resolve = resolverOf({ 'evil.example': [['127.0.0.1']] });
    const request = post(outboundOf({ ...closed, resolve }), `http://evil.example:${canary.port}/`);
    await expect(request).rejects.toMatchObject({ failure: 'address_not_allowed' });
  });

  test('a name that is public when asked first and internal afterwards is refused', async () => {
    const resolve = resolverOf({ 'rebind.example': [['93.184.216.34'], ['127.0.0.1']] });
    expect(await resolve('rebind.example')).toEqual([{ address: '93.184.216.34', family: 4 }]);
    const request = post(outboundOf({ ...closed, resolve }), `http://rebind.example:${canary.port}/`);
    await expect(request).rejects.toMatchObject({ failure: 'address_not_allowed' });
  });

  test('one internal address among public ones is enough to refuse a name', async () => {
    const resolve = resolverOf({ 'mixed.example': [['93.184.216.34', '127.0.0.1']] });
    const request = post(outboundOf({ ...closed, resolve }), `http://mixed.example:${canary.port}/`);
    await expect(request).rejects.toMatchObject({ failure: 'address_not_allowed' });
  });

  test('a refusal names no address', async () => {
    const resolve = resolverOf({ 'evil.example': [['10.11.12.13']] });
    const error = await post(outboundOf({ ...closed, resolve }), 'http://evil.example/').catch(String);
    expect(error).toBe('OutboundError: address_not_allowed');
  });

  test('proxy variables are not read', async () => {
    const receiver = await receiverOf();
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
    const before = canary.connections();
    for (const name of names)
      process.env[name] = name.startsWith('NODE') ? '1' : `http://127.0.0.1:${canary.port}`;
    try {
      await post(outboundOf(), `${receiver.url}/hook`);
    } finally {
      for (const name of names) delete process.env[name];
    }
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook']);
    expect(canary.connections()).toBe(before);
  });

  test.each([302, 301, 303, 307, 308])('a redirect (%i) is never followed', async (status) => {
    const receiver = await receiverOf((_, response) => {
      response.writeHead(status, { location: `http://127.0.0.1:${canary.port}/secret` }).end();
    });
    const before = canary.connections();
    expect((await post(outboundOf(), receiver.url)).statusCode).toBe(status);
    expect(canary.connections()).toBe(before);
  });

  test.each(['file:///etc/passwd', 'ftp://example.com/', 'unix:/run/docker.sock', 'data:,x', 'nonsense', ''])(
    '"%s" is no URL to call',
    async (url) => {
      await expect(post(outboundOf(), url)).rejects.toMatchObject({ failure: 'url_not_allowed' });
    },
  );
});

describe('what the operator allows', () => {
  test('a name reaches an internal address when it is allowed by name', async () => {
    const receiver = await receiverOf();
    const resolve = resolverOf({ 'agents.internal': [['127.0.0.1']], 'other.internal': [['127.0.0.1']] });
    const outbound = outboundOf({ allow: ['agents.internal'], allowLoopback: false, resolve });
    const { statusCode } = await post(outbound, `http://agents.internal:${receiver.port}/`);
    expect(statusCode).toBe(200);
    const other = post(outbound, `http://other.internal:${receiver.port}/`);
    await expect(other).rejects.toMatchObject({ failure: 'address_not_allowed' });
  });

  test('a mistake in the list is told at the start', () => {
    expect(() => outboundOf({ allow: ['10.0.0.0/99'] })).toThrow('10.0.0.0/99');
  });
});
