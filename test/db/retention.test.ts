import { beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { AgentRow } from '../../src/db/agents.js';
import { appendEvents } from '../../src/db/events.js';
import { claim } from '../../src/db/idempotency.js';
import { addSpent } from '../../src/db/model-spending.js';
import { ensureOrg } from '../../src/db/orgs.js';
import { deleteEnded, vacuumEmbedded, vacuumHeartbeats } from '../../src/db/retention.js';
import { addMetrics, insertStage } from '../../src/db/task-stages.js';
import { endTask } from '../../src/db/tasks.js';
import { anAgent, connected } from '../support/agents.js';
import { describeEachDatabase } from '../support/databases.js';
import { aTask } from '../support/tasks.js';

const OLD = new Date('2020-01-01T00:00:00Z');
const BEFORE = new Date('2021-01-01T00:00:00Z');
const NEW = new Date('2022-01-01T00:00:00Z');

describeEachDatabase('retention', (database) => {
  beforeAll(async () => {
    const { db } = database();
    for (const id of ['acme', 'other'])
      await ensureOrg(db, { id, name: id, tier: 'pro', webhookSecret: 'w' });
    const timer = (id: string, status: string, endedAt: Date | null, org = 'acme') => sql`
      insert into timers (org_id, id, tenant_id, requested_by, name, status, duration_ms, fire_at, window_at, metadata,
        labels, first_fire_at, created_at, fired_at)
      values (${org}, ${id}, 't', 'r', 'n', ${status}, 1, ${OLD}, ${OLD}, '{}', '{}', ${OLD}, ${OLD}, ${endedAt})`;
    await timer('old-1', 'fired', OLD).execute(db);
    await timer('old-2', 'failed', OLD).execute(db);
    await timer('old-3', 'cancelled', null, 'other').execute(db);
    await timer('still-due', 'scheduled', null).execute(db);
    await timer('still-firing', 'firing', null).execute(db);
    await timer('fired-lately', 'fired', NEW).execute(db);
    const delivery = (id: string, status: string, endedAt: Date | null) => sql`
      insert into deliveries (org_id, id, channel, receiver, request, body, policy, status, created_at, ended_at)
      values ('acme', ${id}, 'log', 'log', '{}', '', '{}', ${status}, ${OLD}, ${endedAt})`;
    await delivery('old', 'delivered', OLD).execute(db);
    await delivery('retried-for-long', 'pending', null).execute(db);
    await delivery('ended-lately', 'dead', NEW).execute(db);
    for (const at of [OLD, OLD, NEW]) {
      await appendEvents(db, [{ orgId: 'acme', type: 'timer.fired', subject: 's', data: {}, at }]);
    }
    for (const starts_at of [OLD, NEW])
      await db.insertInto('windows').values({ org_id: 'acme', starts_at, epoch: 1 }).execute();
    const request = {
      orgId: 'acme',
      route: 'r',
      fingerprint: 'f',
      seed: '018f0000-0000-7000-8000-000000000000',
      leaseMs: 1,
    };
    await claim(db, { ...request, key: 'old', now: new Date(Date.now() - 86_400_001) });
    await claim(db, { ...request, key: 'new', now: new Date() });
    const [agent, quiet] = [await anAgent(database()), await anAgent(database())];
    const session = (id: string, { id: agent_id, org_id }: AgentRow, ended_at: Date | null) =>
      db
        .insertInto('agent_sessions')
        .values({ id, agent_id, org_id, context: null, interval_ms: 1, connected_at: OLD, ended_at })
        .execute();
    await session('old-1', agent, OLD);
    await session('old-2', quiet, OLD);
    await session('old-3', quiet, OLD);
    await session('ended-lately', quiet, NEW);
    await session('still-open', agent, null);
    for (const hour of [OLD, NEW])
      for (const { id: agent_id, org_id } of [agent, quiet])
        await db
          .insertInto('agent_usage')
          .values({ org_id, agent_id, hour, kind: 'tool', subject: 'search' })
          .execute();
    const task = async (id: string, endedAt: Date | null) => {
      const written = await aTask(database(), agent, { id, createdAt: OLD });
      await insertStage(db, written, 'execute', 'done');
      if (endedAt)
        await endTask(db, { orgId: agent.org_id, id }, { status: 'completed', error: null, at: endedAt });
    };
    await task('old', OLD);
    await task('ended-lately', NEW);
    await task('still-running', null);
    for (const at of [OLD, NEW])
      await addMetrics(db, { org_id: agent.org_id, agent_id: agent.id }, new Map([['sold', 1]]), at);
    for (const at of [OLD, NEW])
      await addSpent(
        db,
        { orgId: agent.org_id, agentId: agent.id },
        { input: 1, output: 1, nanos: null },
        at,
      );
  });

  test('deletes what ended long ago and nothing else, a bounded batch at a time', async () => {
    const { db } = database();
    const first = await deleteEnded(db, { before: BEFORE, limit: 2 });
    expect(first).toEqual({
      timers: 2,
      deliveries: 1,
      events: 2,
      windows: 1,
      idempotencyKeys: 1,
      sessions: 2,
      usage: 2,
      tasks: 1,
      metrics: 1,
      spending: 1,
      messages: 0,
    });
    const second = await deleteEnded(db, { before: BEFORE, limit: 2 });
    expect(second).toEqual({
      timers: 1,
      deliveries: 0,
      events: 0,
      windows: 0,
      idempotencyKeys: 0,
      sessions: 1,
      usage: 0,
      tasks: 0,
      metrics: 0,
      spending: 0,
      messages: 0,
    });
    await expect(deleteEnded(db, { before: BEFORE, limit: 2 })).resolves.toMatchObject({ timers: 0 });

    const left = async (table: 'timers' | 'deliveries' | 'agent_sessions' | 'tasks') =>
      (await db.selectFrom(table).select('id').orderBy('id').execute()).map(({ id }) => id);
    await expect(left('timers')).resolves.toEqual(['fired-lately', 'still-due', 'still-firing']);
    await expect(left('deliveries')).resolves.toEqual(['ended-lately', 'retried-for-long']);
    await expect(left('tasks')).resolves.toEqual(['ended-lately', 'still-running']);
    await expect(db.selectFrom('task_stages').select('stage').execute()).resolves.toHaveLength(2);
    await expect(left('agent_sessions')).resolves.toEqual(['ended-lately', 'still-open']);
    await expect(db.selectFrom('agent_usage').select('hour').execute()).resolves.toEqual([
      { hour: NEW },
      { hour: NEW },
    ]);
    await expect(db.selectFrom('idempotency_keys').select('key').execute()).resolves.toEqual([
      { key: 'new' },
    ]);
  });

  test('frees the space of deleted rows where nobody else does', async () => {
    await expect(vacuumEmbedded(database())).resolves.toBeUndefined();
  });

  test('heartbeats are written in place: what they leave behind is used again, and the tables stay as large as they are', async () => {
    const { db } = database();
    for (let count = 0; count < 150; count++) await connected(database(), await anAgent(database()), NEW);
    const metrics = JSON.stringify({ cpu: 12.5, memory: 47.25, activeConnections: 3 });
    // One connection: what it did is counted when it is asked.
    const share = await db.connection().execute(async (connection) => {
      for (let count = 0; count < 50; count++) {
        const last_heartbeat_at = new Date(NEW.getTime() + count);
        await connection.updateTable('agents').set({ last_heartbeat_at, metrics }).execute();
        await connection
          .updateTable('agent_sessions')
          .set({ last_heartbeat_at, heartbeats: count })
          .execute();
      }
      await sql`select pg_stat_force_next_flush()`.execute(connection);
      const { rows } = await sql<{ share: number }>`
        select min(n_tup_hot_upd::float / n_tup_upd) as share
        from pg_stat_user_tables where relname in ('agents', 'agent_sessions')`.execute(connection);
      return rows[0]?.share;
    });
    // In place, but for the moments in which something else, such as an analysis, still sees old versions.
    expect(share).toBeGreaterThan(0.8);
    await expect(vacuumHeartbeats(database())).resolves.toBeUndefined();
  });
});
