import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Kysely } from 'kysely';
import { type Beat, createHeartbeats } from '../../src/agents/heartbeats.js';
import type { Tables } from '../../src/db/tables.js';
import { anAgent, connected, rowOf } from '../support/agents.js';
import { describeEachDatabase, silentLog } from '../support/databases.js';
import { until } from '../support/until.js';

const beat = (agentId: string, over: Partial<Beat> = {}): Beat => ({
  ...{ agentId, at: new Date(), status: 'online', metrics: null, succeeded: 0, failed: 0, toolUse: [] },
  ...over,
});

describeEachDatabase('heartbeats', (database) => {
  /** Writes so often that a test need not wait; `gate` says whether the database takes statements. */
  function open({ isEngineUp = true, gate = { isShut: false } } = {}) {
    const { db } = database();
    const behindGate: Kysely<Tables> = db.withPlugin({
      transformQuery({ node }) {
        if (gate.isShut) throw new Error('shut');
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    const heartbeats = createHeartbeats({
      database: { db: behindGate },
      isEngineUp: async () => isEngineUp,
      log: silentLog,
      clock: Date.now,
      intervalMs: 20,
    });
    heartbeats.begin();
    return heartbeats;
  }
  const online = async () =>
    connected(database(), await anAgent(database(), { tools: ['t'] }), new Date(Date.now() - 60_000));
  const sessionOf = (id: string) =>
    database().db.selectFrom('agent_sessions').selectAll().where('agent_id', '=', id).executeTakeFirst();
  const pulseAt = async () =>
    (
      await database().db.selectFrom('heartbeat_path').selectAll().executeTakeFirstOrThrow()
    ).pulse_at.getTime();

  test('of a moment become one: the latest, with what all of them told', async () => {
    const { id, ...agent } = await online();
    const heartbeats = open();
    const [early, late] = [new Date(Date.now() - 2_000), new Date(Date.now() - 1_000)];
    heartbeats.note(beat(id, { at: late, status: 'busy', metrics: { cpu: 2 } }));
    const toolUse = [{ name: 't', succeeded: 1, failed: 0 }];
    heartbeats.note(beat(id, { at: early, status: 'idle', metrics: { cpu: 1 }, toolUse }));
    heartbeats.note(beat(id, { at: early, toolUse }));
    await until(async () => (await sessionOf(id))?.heartbeats === 3);
    await heartbeats.close();
    expect(await rowOf(database(), { id, ...agent })).toMatchObject({
      connection: 'busy',
      metrics: { cpu: 2 },
      last_heartbeat_at: late,
    });
    const usage = await database()
      .db.selectFrom('agent_usage')
      .select('succeeded')
      .where('agent_id', '=', id)
      .executeTakeFirstOrThrow();
    expect(usage.succeeded).toBe(2);
  });

  test('that cannot be written are kept for when they can', async () => {
    const { id } = await online();
    const gate = { isShut: true };
    const heartbeats = open({ gate });
    heartbeats.note(beat(id));
    await delay(100);
    heartbeats.note(beat(id));
    await delay(100);
    expect((await sessionOf(id))?.heartbeats).toBe(0);
    gate.isShut = false;
    await until(async () => (await sessionOf(id))?.heartbeats === 2);
    await heartbeats.close();
  });

  test('that were noted last are written when it closes', async () => {
    const { id } = await online();
    const heartbeats = open();
    heartbeats.note(beat(id));
    await heartbeats.close();
    expect((await sessionOf(id))?.heartbeats).toBe(1);
  });

  test('have a path as long as rows can be written and the engine answers', async () => {
    await online();
    const openedAt = Date.now();
    const working = open();
    await until(async () => (await pulseAt()) > openedAt);
    await working.close();

    for (const broken of [open({ isEngineUp: false }), open({ gate: { isShut: true } })]) {
      const before = await pulseAt();
      await delay(100);
      expect(await pulseAt()).toBe(before);
      await broken.close();
    }
  });
});
