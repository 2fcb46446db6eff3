import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createOutbound, type Outbound, type OutboundOptions } from '../../src/outbound/outbound.js';
import { INWARD_HOSTS } from '../support/inward-hosts.js';
import { closedPort, openReceiver, type Receiver } from '../support/receiver.js';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

function outboundOf(given: Partial<OutboundOptions> = {}): Outbound {
  const outbound = createOutbound({
    allow: [],
    allowLoopback: true,
    timeoutMs: 2_000,
    connectionsPerHost: 8,
    ...given,
  });
  opened.push(outbound);
  return outbound;
}

async function receiverOf(...given: Parameters<typeof openReceiver>): Promise<Receiver> {
  const receiver = await openReceiver(...given);
  opened.push(receiver);
  return receiver;
}

/** A server that speaks no HTTP of its own: `speak` writes what it likes. */
async function rawServer(speak: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    speak(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const post = (outbound: Outbound, url: string, given: { body?: string; timeoutMs?: number } = {}) =>
  outbound.request({ url, method: 'POST', headers: {}, body: '{}', ...given });

/** Answers each name with the next of its answers, the last one for ever. */
function resolverOf(answers: Record<string, string[][]>) {
  return async (host: string) => {
    const left = answers[host] ?? [];
    const addresses = (left.length > 1 ? left.shift() : left[0]) ?? [];
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
}

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

describe('a request', () => {
  test('arrives as it was given, byte for byte', async () => {
    const receiver = await receiverOf();
    const body = JSON.stringify({ z: 1, a: 'é🎉', nested: { '2': 2, '1': 1 } });
    const headers = { 'content-type': 'application/json', 'x-own': 'value' };
    await outboundOf().request({ url: `${receiver.url}/a/b?c=d&e`, method: 'PUT', headers, body });
    const [received] = receiver.received;
    expect(received).toMatchObject({ method: 'PUT', path: '/a/b?c=d&e', body });
    expect(received?.headers).toMatchObject({
      ...headers,
      'content-length': String(Buffer.byteLength(body)),
    });
  });

  test('sends the credentials of its URL as Basic Authorization, not in the URL', async () => {
    const receiver = await receiverOf();
    await post(outboundOf(), receiver.url.replace('http://', 'http://us%65r:p%40ss%3Aw%2Frd@'));
    const [received] = receiver.received;
    const credentials = received?.headers.authorization?.replace('Basic ', '') ?? '';
    expect(Buffer.from(credentials, 'base64').toString()).toBe('user:p@ss:w/rd');
    expect(received?.path).toBe('/');
  });

  test('uses connections again', async () => {
    const receiver = await receiverOf();
    const outbound = outboundOf();
    for (let request = 0; request < 20; request++) await post(outbound, receiver.url);
    // The next request may come before the connection of the last one is free.
    expect(receiver.connections()).toBeLessThanOrEqual(2);
  });

  test('shares a bounded number of connections with all others to its host', async () => {
    const receiver = await receiverOf((_, response) => void setTimeout(() => response.end(), 5));
    const outbound = outboundOf({ connectionsPerHost: 3 });
    await Promise.all(Array.from({ length: 30 }, () => post(outbound, receiver.url)));
    expect(receiver.received).toHaveLength(30);
    expect(receiver.connections()).toBe(3);
  });
});

describe('an answer', () => {
  test('is told with its status, its first KB and Retry-After', async () => {
    const receiver = await receiverOf((_, response) => {
      response.writeHead(503, { 'retry-after': '7' }).end('é'.repeat(2_000));
    });
    const answer = await post(outboundOf(), receiver.url);
    expect(answer).toMatchObject({ statusCode: 503, headers: { retryAfter: '7' }, answer: 'é'.repeat(512) });
    expect(answer.durationMs).toBeGreaterThanOrEqual(0);
  });

  test('never ends in the middle of a character, nor holds NUL', async () => {
    const receiver = await receiverOf((_, response) => response.end(`\0${'é'.repeat(2_000)}`));
    const { answer } = await post(outboundOf(), receiver.url);
    expect(answer).toBe(`\ufffd${'é'.repeat(511)}`);
  });

  test('may be preceded by an informational one', async () => {
    const url = await rawServer((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n');
      }),
    );
    expect((await post(outboundOf(), url)).statusCode).toBe(204);
  });

  test('that never ends is cut off, and its status counts', async () => {
    const receiver = await receiverOf((_, response) => {
      const pour = () => {
        while (response.write('x'.repeat(10_000)));
      };
      response.on('drain', pour);
      pour();
    });
    const startedAt = Date.now();
    const { statusCode, answer } = await post(outboundOf(), receiver.url);
    expect(statusCode).toBe(200);
    expect(answer).toHaveLength(1_024);
    expect(Date.now() - startedAt).toBeLessThan(1_000);
  });

  test('whose body comes drop by drop ends with the time limit, and its status counts', async () => {
    const receiver = await receiverOf((_, response) => {
      const drops = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drops));
    });
    const startedAt = Date.now();
    const { statusCode } = await post(outboundOf(), receiver.url, { timeoutMs: 200 });
    expect(statusCode).toBe(200);
    expect(Date.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('no answer', () => {
  test('within the time limit is a timeout, also when headers come drop by drop', async () => {
    const url = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const drops = setInterval(() => socket.write('x-drop: 1\r\n'), 20);
      socket.on('close', () => clearInterval(drops));
    });
    const startedAt = Date.now();
    await expect(post(outboundOf(), url, { timeoutMs: 200 })).rejects.toMatchObject({ failure: 'timeout' });
    expect(Date.now() - startedAt).toBeLessThan(1_000);
  });

  test('while the connection is being made is a timeout, not a want of connections', async () => {
    const silent = outboundOf({ resolve: () => new Promise(() => undefined), connectionsPerHost: 1 });
    const failures = (outbound: Outbound, url: string) =>
      Promise.allSettled([1, 2].map(() => post(outbound, url, { timeoutMs: 100 })));
    const timeouts = [{ reason: { failure: 'timeout' } }, { reason: { failure: 'timeout' } }];
    expect(await failures(silent, 'https://silent.example.com/')).toMatchObject(timeouts);
    const mute = (await rawServer(() => undefined)).replace('http:', 'https:');
    expect(await failures(outboundOf({ connectionsPerHost: 1 }), mute)).toMatchObject(timeouts);
  });

  test('for want of a free connection says so', async () => {
    const receiver = await receiverOf(() => undefined);
    const outbound = outboundOf({ connectionsPerHost: 1 });
    const results = await Promise.allSettled(
      [1, 2].map(() => post(outbound, receiver.url, { timeoutMs: 1_000 })),
    );
    expect(results).toMatchObject([
      { reason: { failure: 'timeout' } },
      { reason: { failure: 'receiver_busy' } },
    ]);
    expect(receiver.received).toHaveLength(1);
  });

  test('because nobody listens is told at once, for as many as ask', async () => {
    const url = `http://127.0.0.1:${await closedPort()}/`;
    const outbound = outboundOf({ connectionsPerHost: 4 });
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => post(outbound, url)));
    const failures = results.map((result) => result.status === 'rejected' && result.reason.failure);
    expect(new Set(failures)).toEqual(new Set(['connection_refused']));
  });

  test('because the connection broke off', async () => {
    const url = await rawServer((socket) => socket.once('data', () => socket.destroy()));
    await expect(post(outboundOf(), url)).rejects.toMatchObject({ failure: 'connection_closed' });
  });

  test('because it is not HTTP', async () => {
    const url = await rawServer((socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n'));
    await expect(post(outboundOf(), url)).rejects.toMatchObject({ failure: 'answer_unreadable' });
  });

  test('because the other side does not speak TLS', async () => {
    const receiver = await receiverOf();
    const request = post(outboundOf(), receiver.url.replace('http:', 'https:'));
    await expect(request).rejects.toMatchObject({ failure: 'tls_failed' });
  });

  test('because the name does not exist', async () => {
    const resolve = () => Promise.reject(new Error('ENOTFOUND evil.example'));
    const request = post(outboundOf({ resolve }), 'http://nowhere.example/');
    await expect(request).rejects.toMatchObject({ failure: 'name_not_resolved' });
  });

  test('while a resolver is silent; a second request does not ask it again', async () => {
    let asked = 0;
    const resolve = () => new Promise<never>(() => asked++);
    const outbound = outboundOf({ resolve });
    const requests = [1, 2, 3].map(() => post(outbound, 'http://silent.example/', { timeoutMs: 100 }));
    for (const result of await Promise.allSettled(requests)) expect(result.status).toBe('rejected');
    expect(asked).toBe(1);
  });
});
