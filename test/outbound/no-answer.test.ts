import { afterEach, describe, expect, test } from '@jest/globals';
import type { Outbound } from '../../src/outbound/outbound.js';
import { closeOpened, outboundOf, post, rawServer, receiverOf } from '../support/outbounds.js';
import { closedPort } from '../support/receiver.js';

afterEach(closeOpened);

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
