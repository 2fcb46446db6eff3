import { describe, expect, test } from '@jest/globals';
import { AIWMClient, MainspringError } from '../../src/client/index.js';
import {
  agentServerBench,
  CONNECT,
  config,
  connected,
  DISCONNECT,
  failureOf,
  SECRET,
} from '../support/agent-server.js';
import { until } from '../support/until.js';
import { hangUp, problem } from './fake-server.js';

const bench = agentServerBench();
const { client, beats } = bench;

test('the shortest program there is connects, reads its configuration and heartbeats', async () => {
  const aiwm = new AIWMClient({
    enabled: true,
    baseUrl: bench.server.url,
    agentId: 'a1',
    agentSecret: SECRET,
  });
  const config = await aiwm.connect();
  const read = { instruction: config.instruction, tools: config.tools.map((t) => t.name) };
  aiwm.startHeartbeat(60000);
  await until(() => beats().length === 1);
  await aiwm.disconnect();
  expect(read).toEqual({ instruction: 'Be helpful.', tools: ['read-file'] });
});

describe('connecting', () => {
  test('shows the secret and the context, and nothing else', async () => {
    const aiwm = client();
    expect(await aiwm.connect({ context: 'support' })).toMatchObject({ token: 'token-1', configVersion: 1 });
    expect(bench.server.bodies(CONNECT)).toEqual([{ secret: SECRET, context: 'support' }]);
    expect(bench.server.received[0]?.headers.authorization).toBeUndefined();
    expect(aiwm.state).toBe('connected');
    expect(aiwm.config).toEqual(config());
  });

  test('goes on while the server is away, busy or not ready, for a bounded time', async () => {
    bench.server.on(
      CONNECT,
      hangUp,
      problem(503, 'unavailable'),
      problem(429, 'rate_limited', { 'retry-after': '1' }),
      connected(),
    );
    await client().connect();
    const [, , third, fourth] = bench.server.received;
    expect((fourth?.at ?? 0) - (third?.at ?? 0)).toBeGreaterThanOrEqual(990);
    bench.server.on(CONNECT, problem(503, 'unavailable'));
    expect(await failureOf(client({ retries: 1 }).connect())).toMatchObject({ code: 'unavailable' });
    expect(bench.server.received).toHaveLength(6);
  });

  test.each([
    [401, 'unauthorized', 'refused'],
    [404, 'not_found', 'refused'],
    [403, 'agent_suspended', 'suspended'],
  ])('a refusal is final: %i %s', async (status, code, state) => {
    bench.server.on(CONNECT, problem(status, code));
    const aiwm = client();
    const failure = await failureOf(aiwm.connect());
    expect(failure).toBeInstanceOf(MainspringError);
    expect(failure).toMatchObject({ status, code });
    expect(aiwm.state).toBe(state);
    expect(bench.server.received).toHaveLength(1);
  });

  test('ends when the client is disconnected meanwhile', async () => {
    bench.server.on(CONNECT, problem(503, 'unavailable', { 'retry-after': '30' }));
    const aiwm = client();
    const failure = failureOf(aiwm.connect());
    await until(() => bench.server.received.length === 1);
    await aiwm.disconnect();
    expect(await failure).toMatchObject({ name: 'AbortError' });
  });

  test('a request that takes too long counts as no answer', async () => {
    bench.server.on(CONNECT, () => undefined);
    const failure = await failureOf(client({ timeoutMs: 50, retries: 0 }).connect());
    expect(failure).toMatchObject({ code: 'unreachable' });
  });
});

describe('a disabled client', () => {
  test('does nothing at all', async () => {
    const aiwm = new AIWMClient({ enabled: false, baseUrl: bench.server.url });
    expect(await aiwm.connect()).toBeNull();
    aiwm.startHeartbeat(10);
    aiwm.recordOutcome(true);
    aiwm.setStatus('busy');
    await aiwm.disconnect();
    expect(bench.server.received).toHaveLength(0);
  });

  test('one that is not disabled needs an agent and its secret', () => {
    expect(() => new AIWMClient({ agentId: '' })).toThrow(/agentId is missing.*AIWM_AGENT_ID/);
    expect(() => new AIWMClient({ agentId: 'a1' })).toThrow(/AIWM_AGENT_SECRET/);
  });
});

describe('disconnecting', () => {
  test('tells what was counted and that it leaves, and then is silent', async () => {
    const aiwm = client();
    await aiwm.connect();
    aiwm.startHeartbeat(10_000);
    await until(() => beats().length === 1);
    aiwm.recordOutcome(false);
    await aiwm.disconnect();
    expect(beats()[1]).toEqual({ status: 'online', outcomes: { succeeded: 0, failed: 1 } });
    expect(bench.server.bodies(DISCONNECT)).toHaveLength(1);
    expect(aiwm.state).toBe('disconnected');
    await aiwm.disconnect();
    expect(bench.server.bodies(DISCONNECT)).toHaveLength(1);
  });

  test('works while the server is away, and connecting begins anew', async () => {
    bench.server.on(DISCONNECT, hangUp);
    const aiwm = client();
    await aiwm.connect();
    await aiwm.disconnect();
    await aiwm.connect();
    aiwm.startHeartbeat(10_000);
    await until(() => beats().length === 1);
  });
});
