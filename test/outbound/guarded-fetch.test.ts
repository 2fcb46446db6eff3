import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  createGuardedFetch,
  type GuardedFetch,
  type GuardedFetchOptions,
} from '../../src/outbound/guarded-fetch.js';
import { INWARD_HOSTS } from '../support/inward-hosts.js';
import { closedPort, openReceiver, type Receiver } from '../support/receiver.js';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

function fetchOf(given: Partial<GuardedFetchOptions> = {}): GuardedFetch {
  const guarded = createGuardedFetch({
    ...{ allow: [], allowLoopback: true, timeoutMs: 2_000, mostBytes: 1_000_000 },
    ...given,
  });
  opened.push(guarded);
  return guarded;
}

async function receiverOf(...given: Parameters<typeof openReceiver>): Promise<Receiver> {
  const receiver = await openReceiver(...given);
  opened.push(receiver);
  return receiver;
}

describe('nothing turns inwards', () => {
  let canary: Receiver;
  beforeAll(async () => {
    canary = await openReceiver(undefined, '0.0.0.0');
  });
  afterAll(() => canary.close());

  test('no spelling of an internal address is ever connected to', async () => {
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const guarded = fetchOf({ allowLoopback: false, resolve });
    for (const host of INWARD_HOSTS) {
      const asked = guarded(`http://${host}:${canary.port}/`);
      await expect(asked).rejects.toMatchObject({ failure: 'address_not_allowed' });
    }
    expect(canary.connections()).toBe(0);
  });

  test('a name that the operator allows is reached, another that leads there too is not', async () => {
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const guarded = fetchOf({ allow: ['models.internal'], allowLoopback: false, resolve });
    const answer = await guarded(`http://models.internal:${canary.port}/`);
    expect(await answer.text()).toBe('ok');
    const other = guarded(`http://other.internal:${canary.port}/`);
    await expect(other).rejects.toMatchObject({ failure: 'address_not_allowed' });
  });

  test('proxy variables are not read', async () => {
    const receiver = await receiverOf();
    const before = canary.connections();
    const names = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY'];
    for (const name of names) process.env[name] = `http://127.0.0.1:${canary.port}`;
    try {
      await (await fetchOf()(receiver.url)).text();
    } finally {
      for (const name of names) delete process.env[name];
    }
    expect([receiver.received.length, canary.connections()]).toEqual([1, before]);
  });

  test.each([301, 302, 303, 307, 308])('a redirect (%i) is a failure', async (status) => {
    const receiver = await receiverOf((_, response) => {
      response.writeHead(status, { location: `http://127.0.0.1:${canary.port}/secret` }).end();
    });
    const before = canary.connections();
    const asked = fetchOf()(receiver.url, { method: 'POST', body: '{}', redirect: 'follow' });
    await expect(asked).rejects.toMatchObject({ failure: 'redirected' });
    expect(canary.connections()).toBe(before);
  });

  test.each(['file:///etc/passwd', 'data:,x', 'http://user:secret@example.com/', 'nonsense', ''])(
    '"%s" is no URL to call',
    async (url) => {
      await expect(fetchOf()(url)).rejects.toMatchObject({ failure: 'url_not_allowed' });
    },
  );
});

describe('a request', () => {
  test('arrives as it was given', async () => {
    const receiver = await receiverOf();
    const headers = { 'content-type': 'application/json', 'x-own': 'value' };
    await fetchOf()(new URL(`${receiver.url}/a?b=c`), { method: 'PUT', headers, body: '{"a":"é"}' });
    const [received] = receiver.received;
    expect(received).toMatchObject({ method: 'PUT', path: '/a?b=c', body: '{"a":"é"}' });
    expect(received?.headers).toMatchObject({ ...headers, 'content-length': '10' });
  });

  test('may be a Request', async () => {
    const receiver = await receiverOf();
    const request = new Request(receiver.url, {
      method: 'POST',
      body: 'text',
      headers: { 'x-own': 'value' },
    });
    await fetchOf()(request, { headers: { 'x-other': 'value' } });
    const [received] = receiver.received;
    expect(received).toMatchObject({ method: 'POST', body: 'text', headers: { 'x-other': 'value' } });
    expect(received?.headers['x-own']).toBeUndefined();
  });

  test('that the caller aborts rejects with its reason', async () => {
    const receiver = await receiverOf(() => undefined);
    const aborted = new AbortController();
    const asked = fetchOf()(receiver.url, { signal: aborted.signal });
    setTimeout(() => aborted.abort(new Error('no longer wanted')), 20);
    await expect(asked).rejects.toThrow('no longer wanted');
  });
});

describe('an answer', () => {
  test("is the platform's own, with its status, headers and body, unpacked", async () => {
    const receiver = await receiverOf((_, response) => {
      response.writeHead(429, { 'retry-after': '7', 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}'));
    });
    const answer = await fetchOf()(receiver.url);
    expect(answer).toBeInstanceOf(Response);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7']);
    expect(answer.headers.has('content-encoding')).toBe(false);
    expect(await answer.json()).toEqual({ a: 1 });
  });

  test('may have no body', async () => {
    const receiver = await receiverOf((_, response) => response.writeHead(204).end());
    expect(await (await fetchOf()(receiver.url)).text()).toBe('');
  });

  test('comes as it is sent', async () => {
    const receiver = await receiverOf((_, response) => {
      response.write('first');
      setTimeout(() => response.end('second'), 300);
    });
    const reader = (await fetchOf()(receiver.url)).body?.getReader();
    const startedAt = Date.now();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first');
    expect(Date.now() - startedAt).toBeLessThan(200);
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('second');
  });

  test('that is too large breaks off, also where it was packed small', async () => {
    const bomb = gzipSync(Buffer.alloc(5_000_000));
    const receiver = await receiverOf((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    const answer = await fetchOf({ mostBytes: 100_000 })(receiver.url);
    await expect(answer.text()).rejects.toMatchObject({ failure: 'answer_too_large' });
  });

  test('whose body comes drop by drop ends with the time limit', async () => {
    const receiver = await receiverOf((_, response) => {
      const drops = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drops));
    });
    const startedAt = Date.now();
    const answer = await fetchOf({ timeoutMs: 200 })(receiver.url);
    await expect(answer.text()).rejects.toMatchObject({ failure: 'timeout' });
    expect(Date.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('no answer', () => {
  test('within the time limit is a timeout', async () => {
    const receiver = await receiverOf(() => undefined);
    const asked = fetchOf({ timeoutMs: 100 })(receiver.url);
    await expect(asked).rejects.toMatchObject({ failure: 'timeout' });
  });

  test('where nobody listens tells no address', async () => {
    const error = await fetchOf()(`http://127.0.0.1:${await closedPort()}/`).catch(String);
    expect(error).toBe('OutboundError: connection_refused');
  });
});
