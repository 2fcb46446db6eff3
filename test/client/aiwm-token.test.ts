import { describe, expect, test } from '@jest/globals';
import type { AIWMState } from '../../src/client/index.js';
import { agentServerBench, beaten, CONNECT, connected, HEARTBEAT, REFRESH } from '../support/agent-server.js';
import { until } from '../support/until.js';
import { json, problem } from './fake-server.js';

const bench = agentServerBench();
const { client, beats } = bench;

describe('the token', () => {
  test('that is refused is replaced by connecting again, and the heartbeat goes out', async () => {
    bench.server.on(HEARTBEAT, problem(401, 'unauthorized'), beaten());
    bench.server.on(CONNECT, connected(), connected({ token: 'token-2' }));
    const aiwm = client();
    await aiwm.connect();
    aiwm.startHeartbeat(60_000);
    await until(() => beats().length === 2);
    const sent = bench.server.received.filter(({ url }) => url.endsWith('/heartbeat'));
    expect(sent.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(aiwm.state).toBe('connected');
  });

  test('is refreshed when a twenty-fourth of its life is left', async () => {
    const startedAt = Date.now();
    const lifeMs = 2_400;
    bench.server.on(CONNECT, connected({ expiresAt: new Date(startedAt + lifeMs).toISOString() }));
    const expiresAt = new Date(startedAt + 86_400_000).toISOString();
    bench.server.on(REFRESH, json(200, { token: 'token-2', expiresAt }));
    const aiwm = client();
    await aiwm.connect();
    await until(() => bench.server.bodies(REFRESH).length === 1);
    const passed = (bench.server.received.at(-1)?.at ?? 0) - startedAt;
    expect(passed).toBeGreaterThanOrEqual(2_290);
    expect(passed).toBeLessThan(lifeMs);
    // The server has sent its answer; by the time that this goes out with it, the client has it.
    aiwm.startHeartbeat(5);
    await until(() => bench.server.received.at(-1)?.headers.authorization === 'Bearer token-2');
    await aiwm.disconnect();
    expect(bench.server.received.at(-1)?.headers.authorization).toBe('Bearer token-2');
  });

  test('of a suspended agent is tried again slowly, until somebody activates it', async () => {
    bench.server.on(HEARTBEAT, problem(403, 'agent_suspended'), problem(403, 'agent_suspended'), beaten());
    const states: AIWMState[] = [];
    const aiwm = client({ slowRetryMs: 100, onState: (state) => states.push(state) });
    await aiwm.connect();
    const startedAt = Date.now();
    aiwm.startHeartbeat(5);
    await until(() => states.length === 3);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(190);
    expect(states).toEqual(['connected', 'suspended', 'connected']);
  });

  test('and secret that are both refused are told once', async () => {
    bench.server.on(HEARTBEAT, problem(401, 'unauthorized'));
    bench.server.on(CONNECT, connected(), problem(401, 'unauthorized'));
    const states: AIWMState[] = [];
    const aiwm = client({ slowRetryMs: 20, onState: (state) => states.push(state) });
    await aiwm.connect();
    aiwm.startHeartbeat(5);
    await until(() => bench.server.bodies(CONNECT).length >= 4);
    expect(states).toEqual(['connected', 'refused']);
  });
});
