import { describe, expect, test } from '@jest/globals';
import {
  agentServerBench,
  beaten,
  CONNECT,
  config,
  connected,
  DISCONNECT,
  failureOf,
  HEARTBEAT,
} from '../support/agent-server.js';
import { closedPort } from '../support/receiver.js';
import { until } from '../support/until.js';
import { json, openFakeServer, problem } from './fake-server.js';

const bench = agentServerBench();
const { client } = bench;

describe('the last configuration', () => {
  const memory = (text: string | null = null) => {
    const kept = { text };
    const set = (next: string) => {
      kept.text = next;
    };
    return { kept, cache: { get: () => kept.text, set } };
  };

  test('is kept without the token', async () => {
    const { kept, cache } = memory();
    await client({ cache }).connect();
    await until(() => kept.text !== null);
    expect(JSON.parse(kept.text ?? '')).toEqual(config());
  });

  test('is answered while the server is away; heartbeats connect when it is back', async () => {
    const port = await closedPort();
    const { cache } = memory(JSON.stringify(config({ instruction: 'As yesterday.' })));
    const seen: string[] = [];
    const aiwm = client({
      baseUrl: `http://127.0.0.1:${port}`,
      cache,
      onConfigChange: ({ instruction }) => seen.push(instruction),
    });
    const known = await aiwm.connect({ allowCached: true });
    expect(known).toMatchObject({ instruction: 'As yesterday.', token: null });
    aiwm.startHeartbeat(30);
    const late = await openFakeServer(port);
    late.on(CONNECT, connected({ configVersion: 2, instruction: 'As today.' }));
    late.on(HEARTBEAT, beaten({ configVersion: 2 }));
    late.on(DISCONNECT, json(204));
    await until(() => late.bodies(HEARTBEAT).length > 0);
    expect(seen).toEqual(['As today.']);
    await aiwm.disconnect();
    await late.close();
  });

  test.each([
    ['of another agent', JSON.stringify(config({ agent: { id: 'a2', name: 'Another', orgId: 'o1' } }))],
    ['that is torn', '{"instr'],
  ])('%s is none', async (_, text) => {
    bench.server.on(CONNECT, problem(503, 'unavailable'));
    const aiwm = client({ retries: 0, cache: memory(text).cache });
    expect(await failureOf(aiwm.connect({ allowCached: true }))).toMatchObject({ code: 'unavailable' });
  });

  test('does not stand for a refusal', async () => {
    bench.server.on(CONNECT, problem(401, 'unauthorized'));
    const aiwm = client({ cache: memory(JSON.stringify(config())).cache });
    expect(await failureOf(aiwm.connect({ allowCached: true }))).toMatchObject({ status: 401 });
  });
});
