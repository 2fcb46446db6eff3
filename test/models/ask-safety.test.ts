import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createAsk } from '../../src/models/ask.js';
import { createGuardedFetch } from '../../src/outbound/guarded-fetch.js';
import { asking, candidatesOn, config, errorOf, requestOf } from '../support/asking.js';
import { type ModelServer, startModelServer } from '../support/model-server.js';

let server: ModelServer;
const candidateOf = candidatesOn(() => server);
beforeAll(async () => {
  server = await startModelServer();
});
afterEach(() => server.reset());
afterAll(() => server.close());

test('a key that a server repeats is not told on', async () => {
  server.script({ status: 401, message: 'Incorrect API key provided: the-key' });
  const error = await errorOf(asking()(candidateOf('openai'), requestOf()));
  expect(error.message).toBe('401 Incorrect API key provided: ***');
});

test('a redirect is never followed: it would take the key along', async () => {
  server.script({ status: 307, headers: { location: `${server.url}/elsewhere` } });
  expect(await errorOf(asking()(candidateOf('google'), requestOf()))).toMatchObject({ kind: 'outage' });
  expect(server.requests).toHaveLength(1);
});

test('an answer without end is broken off', async () => {
  server.script({ text: 'x'.repeat(20 * 1_024 * 1_024) });
  const error = await errorOf(asking()(candidateOf('custom'), requestOf()));
  expect(error).toMatchObject({ kind: 'outage', message: expect.stringContaining('too long') });
});

test('what an agent names is reached through the guard only', async () => {
  const guarded: string[] = [];
  const guardedFetch: typeof fetch = async (input) => {
    guarded.push(String(input));
    throw new Error('not allowed');
  };
  const ask = createAsk({ config, guardedFetch });
  expect(await errorOf(ask(candidateOf('custom', { isGuarded: true }), requestOf()))).toMatchObject({
    kind: 'outage',
  });
  expect(guarded).toEqual([`${server.url}/v1/chat/completions`]);
  expect(server.requests).toEqual([]);
});

test('an address inside that an agent names is refused, and not tried again', async () => {
  const guardedFetch = createGuardedFetch({
    allow: [],
    allowLoopback: false,
    timeoutMs: 5_000,
    mostBytes: 1_000_000,
  });
  const ask = createAsk({ config, guardedFetch });
  const error = await errorOf(ask(candidateOf('custom', { isGuarded: true }), requestOf()));
  expect(error).toMatchObject({ kind: 'refused', message: 'address_not_allowed' });
  expect(server.requests).toEqual([]);
  const open = createGuardedFetch({
    allow: ['127.0.0.1'],
    allowLoopback: false,
    timeoutMs: 5_000,
    mostBytes: 1_000_000,
  });
  const reply = await createAsk({ config, guardedFetch: open })(
    candidateOf('custom', { isGuarded: true }),
    requestOf(),
  );
  expect(reply.text).toBe('done');
  await guardedFetch.close();
  await open.close();
});
