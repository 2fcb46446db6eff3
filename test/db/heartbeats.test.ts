import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { closeSession } from '../../src/agents/connections.js';
import { type AgentRow, lockAgent } from '../../src/db/agents.js';
import type { Database } from '../../src/db/database.js';
import { type Beats, hasLeftSince, readPresences, writeBeats } from '../../src/db/heartbeats.js';
import { insertInstruction } from '../../src/db/instructions.js';
import { agentStatus } from '../../src/domain/agent-status.js';
import { anAgent, connected, rowOf } from '../support/agents.js';
import { describeEachDatabase } from '../support/databases.js';

const START = new Date('2030-01-31T09:59:00.000Z');
const after = (seconds: number) => new Date(START.getTime() + seconds * 1_000);

const beatsOf = ({ id: agentId }: AgentRow, over: Partial<Beats> = {}): Beats => ({
  ...{ agentId, at: after(10), status: 'online', metrics: null, count: 1, succeeded: 0, failed: 0 },
  toolUse: [],
  ...over,
});
const online = async (database: Database, over: Partial<AgentRow> = {}) =>
  connected(database, await anAgent(database, over), START);
const sessionOf = ({ db }: Database, { session_id: id }: AgentRow) =>
  db.selectFrom('agent_sessions').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
const changesOf = async ({ db }: Database, { id }: AgentRow) => {
  const rows = await db
    .selectFrom('events')
    .select(['data', 'at'])
    .where('subject', '=', id)
    .where('type', '=', 'agent.status_changed')
    .where('at', '>', START)
    .orderBy('id')
    .execute();
  return rows.map(({ data, at }) => [data.from, data.to, at]);
};
const usageOf = async ({ db }: Database, { id }: AgentRow) => {
  const rows = await db.selectFrom('agent_usage').selectAll().where('agent_id', '=', id).execute();
  return rows
    .map(({ kind, subject, variant, hour, succeeded, failed }) =>
      [kind, subject, variant, hour.toISOString(), succeeded, failed].join(' '),
    )
    .sort();
};
async function disconnect({ db }: Database, agent: AgentRow, at: Date): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const locked = await lockAgent(tx, agent.org_id, agent.id);
    if (locked) await closeSession(tx, locked, { reason: 'disconnected', at });
  });
}

describeEachDatabase('heartbeats', (database) => {
  test('of many agents change rows and sessions in one statement', async () => {
    const agents = await Promise.all(Array.from({ length: 20 }, () => online(database())));
    const metrics = { cpu: 45, memory: 60.5 };
    const beats = agents.map((agent) => beatsOf(agent, { metrics, count: 3 }));
    await expect(writeBeats(database().db, beats)).resolves.toEqual([]);
    for (const agent of agents) {
      expect(await rowOf(database(), agent)).toMatchObject({
        connection: 'online',
        metrics,
        last_heartbeat_at: after(10),
      });
      expect(await sessionOf(database(), agent)).toMatchObject({
        heartbeats: 3,
        last_heartbeat_at: after(10),
      });
    }
  });

  test('tell of a status that changed, once, as people read it', async () => {
    const agent = await online(database());
    const steps = ['idle', 'busy', 'busy', 'online'] as const;
    for (const [index, status] of steps.entries())
      await writeBeats(database().db, [beatsOf(agent, { status, at: after(10 + index) })]);
    const word = (connection: (typeof steps)[number]) => agentStatus({ isSuspended: false, connection });
    expect(await changesOf(database(), agent)).toEqual([
      [word('idle'), word('busy'), after(11)],
      [word('busy'), word('online'), after(13)],
    ]);
  });

  test('that are older than the row count, and change nothing of how it is', async () => {
    const agent = await online(database());
    await writeBeats(database().db, [beatsOf(agent, { at: after(20), metrics: { cpu: 1 } })]);
    await writeBeats(database().db, [beatsOf(agent, { status: 'busy', at: after(15), metrics: { cpu: 2 } })]);
    expect(await rowOf(database(), agent)).toMatchObject({
      connection: 'online',
      metrics: { cpu: 1 },
      last_heartbeat_at: after(20),
    });
    expect(await sessionOf(database(), agent)).toMatchObject({ heartbeats: 2, last_heartbeat_at: after(20) });
    expect(await changesOf(database(), agent)).toEqual([]);
  });

  test('bring nobody back who is offline, and are not counted for a session that came after them', async () => {
    const agent = await online(database());
    await disconnect(database(), agent, after(5));
    await writeBeats(database().db, [beatsOf(agent, { at: after(6) })]);
    expect(await rowOf(database(), agent)).toMatchObject({
      connection: 'offline',
      last_heartbeat_at: after(6),
    });
    const again = await connected(database(), agent, after(30));
    await writeBeats(database().db, [beatsOf(agent, { at: after(7) })]);
    expect(await sessionOf(database(), again)).toMatchObject({ heartbeats: 0 });
  });

  test('of a suspended agent tell nothing, those of one that was deleted go nowhere', async () => {
    const agent = await online(database());
    const { db } = database();
    await db.updateTable('agents').set({ is_suspended: true }).where('id', '=', agent.id).execute();
    const gone = { ...agent, id: randomUUID() };
    const beats = [beatsOf(agent, { status: 'busy' }), beatsOf(gone)];
    await expect(writeBeats(db, beats)).resolves.toEqual([]);
    expect(await changesOf(database(), agent)).toEqual([]);
  });

  test('of one whose row somebody else holds are answered, and do not wait', async () => {
    if (database().kind === 'embedded') return;
    const [held, free] = [await online(database()), await online(database())];
    const { db } = database();
    await db.transaction().execute(async (tx) => {
      await lockAgent(tx, held.org_id, held.id);
      await expect(writeBeats(db, [beatsOf(held), beatsOf(free)])).resolves.toEqual([held.id]);
    });
    expect(await rowOf(database(), held)).toMatchObject({ last_heartbeat_at: START });
    expect(await rowOf(database(), free)).toMatchObject({ last_heartbeat_at: after(10) });
  });

  test('count the use of tools that the agent is given, by the hour', async () => {
    const agent = await online(database(), { tools: ['read-file'] });
    const use = (name: string) => ({ name, succeeded: 2, failed: 1 });
    for (const at of [after(10), after(20), after(70)])
      await writeBeats(database().db, [beatsOf(agent, { at, toolUse: [use('read-file'), use('rm')] })]);
    expect(await usageOf(database(), agent)).toEqual([
      'tool read-file  2030-01-31T09:00:00.000Z 4 2',
      'tool read-file  2030-01-31T10:00:00.000Z 2 1',
    ]);
  });

  test('count outcomes for each variant that the agent works with', async () => {
    const agent = await online(database());
    const { db } = database();
    const give = async (over: object) => {
      const id = randomUUID();
      const text = { systemPrompt: 'x', guidelines: [] };
      await insertInstruction(db, {
        ...{ id, orgId: agent.org_id, name: id, layer: 'organisation', agentId: null, context: null },
        ...{ ...text, variants: [{ name: 'A', weight: 1, ...text }], status: 'active', ...over },
      });
      const assigned = { org_id: agent.org_id, instruction_id: id, agent_id: agent.id, variant: 'A' };
      await db.insertInto('instruction_assignments').values(assigned).execute();
      return id;
    };
    const used = await give({});
    await give({ status: 'inactive' });
    await give({ layer: 'context', context: 'elsewhere' });
    await writeBeats(db, [beatsOf(agent, { succeeded: 3, failed: 1 })]);
    await writeBeats(db, [beatsOf(agent, { at: after(11) })]);
    expect(await usageOf(database(), agent)).toEqual([`variant ${used} A 2030-01-31T09:00:00.000Z 3 1`]);
  });

  test('cannot make a count overflow', async () => {
    const agent = await online(database(), { tools: ['t'] });
    const most = 2 ** 31 - 1;
    const toolUse = [{ name: 't', succeeded: most, failed: 1 }];
    for (const at of [after(10), after(11)])
      await writeBeats(database().db, [beatsOf(agent, { at, toolUse })]);
    expect(await usageOf(database(), agent)).toEqual([`tool t  2030-01-31T09:00:00.000Z ${most} 2`]);
  });

  test('are asked about together: how each agent is, and null for one that is not there', async () => {
    const [one, other] = [await online(database()), await anAgent(database())];
    const presences = await readPresences(database().db, [other.id, 'nobody', one.id, one.id]);
    expect(presences.map((presence) => presence?.connection)).toEqual([
      'offline',
      undefined,
      'online',
      'online',
    ]);
    expect(presences[2]).toMatchObject({ org_id: one.org_id, config_version: 1, interval_ms: 60_000 });
  });

  test('from before an agent left are told from later ones', async () => {
    const agent = await online(database());
    const left = (at: Date) => hasLeftSince(database().db, agent.session_id ?? '', at);
    expect(await left(START)).toBe(false);
    await disconnect(database(), agent, after(5));
    expect(await left(after(5))).toBe(true);
    expect(await left(after(6))).toBe(false);
  });
});
