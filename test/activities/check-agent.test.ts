import { expect, test } from '@jest/globals';
import { createCheckAgent } from '../../src/activities/check-agent.js';
import { listSessions } from '../../src/db/agent-sessions.js';
import type { AgentRow } from '../../src/db/agents.js';
import { readEvents } from '../../src/db/events.js';
import { pulse } from '../../src/db/heartbeat-path.js';
import { getTimer } from '../../src/db/timers.js';
import { GAP_MS, PULSE_MS } from '../../src/domain/silence.js';
import { anAgent, connected, refOf, rowOf } from '../support/agents.js';
import { describeEachDatabase, silentLog } from '../support/databases.js';

const START = Date.parse('2030-01-31T09:00:00.000Z');
const DEADLINE_MS = 180_000;

describeEachDatabase('an agent that is looked at', (database) => {
  const db = () => database().db;
  const pulseAt = (ms: number) => pulse(db(), { at: new Date(ms), gapMs: GAP_MS });

  /** An agent that connected at the start, with a path that is open since. */
  async function connectedAgent(over: Partial<AgentRow> = {}): Promise<AgentRow> {
    const agent = await connected(database(), await anAgent(database(), over), new Date(START));
    // As if it had been open all the time before.
    await db()
      .updateTable('heartbeat_path')
      .set({ pulse_at: new Date(START), restored_at: new Date(START - DEADLINE_MS) })
      .execute();
    return agent;
  }

  /** What the activity answers at a moment of a path that is open until then. */
  async function checkAt(agent: AgentRow, ms: number, wasSilent: boolean) {
    const ensured: Date[] = [];
    const starter = {
      ensureOwners: async (_: string, fireAt: Date) => void ensured.push(fireAt),
      tellChanged: () => undefined,
    };
    const check = createCheckAgent({ database: database(), starter, log: silentLog, now: () => ms });
    return { state: await check({ ...refOf(agent), wasSilent }), ensured };
  }

  /** The pulse of every second from one moment to another. */
  async function keepPath(fromMs: number, toMs: number): Promise<void> {
    await db()
      .updateTable('heartbeat_path')
      .set({ pulse_at: new Date(toMs) })
      .execute();
    expect(toMs).toBeGreaterThan(fromMs);
  }

  const alarmsOf = async (agent: AgentRow) => {
    const events = await readEvents(db(), { orgId: agent.org_id, limit: 100, subject: agent.id });
    return events.map(({ type }) => type);
  };

  test('is silent one deadline after it was last heard of, and that is recorded once', async () => {
    const onMissed = [{ type: 'log' as const, data: { agent_name: 'mine' } }];
    const agent = await connectedAgent({ on_missed: onMissed });
    await keepPath(START, START + DEADLINE_MS);
    const { state, ensured } = await checkAt(agent, START + DEADLINE_MS, true);
    expect(state).toMatchObject({ connection: 'offline' });
    expect(ensured).toEqual([new Date(START + DEADLINE_MS)]);
    await checkAt(agent, START + DEADLINE_MS + 1_000, true);

    expect(await alarmsOf(agent)).toEqual([
      'agent.started',
      'agent.connected',
      'agent.status_changed',
      'agent.health_check_failed',
      'agent.disconnected',
      'agent.status_changed',
    ]);
    const [session] = await listSessions(db(), agent.id, { limit: 10, position: undefined });
    expect(session).toMatchObject({ end_reason: 'silent', ended_at: new Date(START + DEADLINE_MS) });
    const timer = await getTimer(db(), { orgId: agent.org_id, tenants: null }, `${agent.session_id}.silence`);
    expect(timer?.action_bundle?.actions).toEqual([
      {
        type: 'log',
        data: {
          agent_id: agent.id,
          agent_name: 'mine',
          last_heartbeat_at: new Date(START).toISOString(),
        },
      },
    ]);
  });

  test('is not silent a moment before', async () => {
    const agent = await connectedAgent();
    await keepPath(START, START + DEADLINE_MS - 1);
    const { state } = await checkAt(agent, START + DEADLINE_MS - 1, true);
    expect(state).toMatchObject({ connection: 'online', silentInMs: 1 + PULSE_MS });
  });

  test('is given a little more when its session did not end: its row follows in batches', async () => {
    const agent = await connectedAgent();
    await keepPath(START, START + DEADLINE_MS + 4_000);
    expect((await checkAt(agent, START + DEADLINE_MS + 4_000, false)).state).toMatchObject({
      connection: 'online',
    });
    await keepPath(START, START + DEADLINE_MS + 5_000);
    expect((await checkAt(agent, START + DEADLINE_MS + 5_000, false)).state).toMatchObject({
      connection: 'offline',
    });
  });

  test('is not silent while nothing can be heard of anybody, nor one deadline after', async () => {
    const agent = await connectedAgent();
    const during = await checkAt(agent, START + 10 * DEADLINE_MS, true);
    expect(during.state).toMatchObject({ connection: 'online', silentInMs: DEADLINE_MS });
    const restoredAt = START + 10 * DEADLINE_MS;
    await pulseAt(restoredAt);
    await keepPath(restoredAt, restoredAt + DEADLINE_MS - 1);
    expect((await checkAt(agent, restoredAt + DEADLINE_MS - 1, true)).state).toMatchObject({
      connection: 'online',
    });
    await keepPath(restoredAt, restoredAt + DEADLINE_MS);
    expect((await checkAt(agent, restoredAt + DEADLINE_MS, true)).state).toMatchObject({
      connection: 'offline',
    });
  });

  test('that is brought back by a heartbeat has a new session, and says so', async () => {
    const agent = await connectedAgent();
    await keepPath(START, START + DEADLINE_MS);
    await checkAt(agent, START + DEADLINE_MS, true);
    await connected(database(), agent, new Date(START + DEADLINE_MS + 1), 'heartbeat');
    await connected(database(), agent, new Date(START + DEADLINE_MS + 2), 'heartbeat');
    expect(await rowOf(database(), agent)).toMatchObject({ connection: 'online' });
    const sessions = await listSessions(db(), agent.id, { limit: 10, position: undefined });
    expect(sessions.map(({ end_reason }) => end_reason)).toEqual([null, 'silent']);
    expect((await alarmsOf(agent)).slice(-2)).toEqual(['agent.connected', 'agent.status_changed']);
  });

  test('that connects while it is connected replaces its session', async () => {
    const agent = await connectedAgent();
    await connected(database(), agent, new Date(START + 1_000));
    const sessions = await listSessions(db(), agent.id, { limit: 10, position: undefined });
    expect(sessions.map(({ end_reason }) => end_reason)).toEqual([null, 'replaced']);
  });

  test('has the longer deadline of before until a heartbeat has told it of the shorter one', async () => {
    const agent = await connectedAgent({ interval_ms: 1_000, missed_after: 2 });
    const row = db().updateTable('agents').where('id', '=', agent.id);
    await row
      .set({ deadline_changed_at: new Date(START + 12_000), deadline_before_ms: DEADLINE_MS })
      .execute();
    await keepPath(START, START + 30_000);
    const untold = await checkAt(agent, START + 30_000, true);
    expect(untold.state).toMatchObject({ connection: 'online', silentInMs: 2_000 + PULSE_MS });
    await row.set({ last_heartbeat_at: new Date(START + 30_000) }).execute();
    await keepPath(START, START + 32_000);
    expect((await checkAt(agent, START + 32_000, true)).state).toMatchObject({ connection: 'offline' });
  });

  test('is nothing when it was deleted', async () => {
    const agent = await connectedAgent();
    await db().deleteFrom('agents').where('id', '=', agent.id).execute();
    expect((await checkAt(agent, START, true)).state).toBeNull();
  });
});
