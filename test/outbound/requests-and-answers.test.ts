import { afterEach, describe, expect, test } from '@jest/globals';
import { closeOpened, outboundOf, post, rawServer, receiverOf } from '../support/outbounds.js';

afterEach(closeOpened);

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
