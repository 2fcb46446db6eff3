import { sql } from 'kysely';
import type { Database, Db } from './database.js';
import { REMEMBERED_MS } from './idempotency.js';

/** How many rows of each kind one call deleted. */
export interface DeletedCounts {
  timers: number;
  deliveries: number;
  events: number;
  windows: number;
  idempotencyKeys: number;
  sessions: number;
  usage: number;
  tasks: number;
  metrics: number;
  spending: number;
  messages: number;
}

interface Batch {
  before: Date;
  /** Rows of each kind, and organisation or agent where that is cheaper, at most. */
  limit: number;
}

/** One statement a kind. Each reads along an index from its oldest row, so that it costs the same however much stands. */
const STATEMENTS: Record<keyof DeletedCounts, (batch: Batch) => ReturnType<typeof sql>> = {
  timers: ({ before, limit }) => sql`
    delete from timers where ctid = any(array(
      select timer.ctid from orgs, lateral (
        select ctid from timers
        where org_id = orgs.id and created_at < ${before} and status in ('fired', 'cancelled', 'failed')
          and coalesce(greatest(fired_at, cancelled_at), fire_at) < ${before}
        order by created_at, id limit ${limit}
      ) as timer limit ${limit}))`,
  deliveries: ({ before, limit }) => sql`
    delete from deliveries where ctid = any(array(
      select delivery.ctid from orgs, lateral (
        select ctid from deliveries
        where org_id = orgs.id and created_at < ${before} and status in ('delivered', 'dead') and ended_at < ${before}
        order by created_at, id limit ${limit}
      ) as delivery limit ${limit}))`,
  // Ids follow time closely enough: what is not yet old enough among the first stops the rest for one call.
  events: ({ before, limit }) => sql`
    with oldest as (select id, at from events order by id limit ${limit})
    delete from events where id in (select id from oldest where at < ${before})`,
  windows: ({ before, limit }) => sql`
    delete from windows where ctid = any(array(
      select due.ctid from orgs, lateral (
        select ctid from windows where org_id = orgs.id and starts_at < ${before} order by starts_at limit ${limit}
      ) as due limit ${limit}))`,
  idempotencyKeys: ({ before, limit }) => sql`
    delete from idempotency_keys where ctid = any(array(
      select ctid from idempotency_keys where created_at < ${before} order by created_at limit ${limit}))`,
  sessions: ({ before, limit }) => sql`
    delete from agent_sessions where ctid = any(array(
      select session.ctid from agents, lateral (
        select ctid from agent_sessions
        where agent_id = agents.id and connected_at < ${before} and ended_at < ${before}
        order by connected_at, id limit ${limit}
      ) as session limit ${limit}))`,
  usage: ({ before, limit }) => sql`
    delete from agent_usage where ctid = any(array(
      select used.ctid from agents, lateral (
        select ctid from agent_usage where agent_id = agents.id and hour < ${before} order by hour limit ${limit}
      ) as used limit ${limit}))`,
  // What was said and called in them goes along.
  tasks: ({ before, limit }) => sql`
    delete from tasks where ctid = any(array(
      select task.ctid from orgs, lateral (
        select ctid from tasks
        where org_id = orgs.id and created_at < ${before} and completed_at < ${before}
        order by created_at, id limit ${limit}
      ) as task limit ${limit}))`,
  metrics: ({ before, limit }) => sql`
    delete from agent_metrics where ctid = any(array(
      select counted.ctid from agents, lateral (
        select ctid from agent_metrics where agent_id = agents.id and hour < ${before} order by hour limit ${limit}
      ) as counted limit ${limit}))`,
  spending: ({ before, limit }) => sql`
    delete from model_spending where ctid = any(array(
      select spent.ctid from orgs, lateral (
        select ctid from model_spending
        where org_id = orgs.id and day < (${before}::timestamptz at time zone 'UTC')::date
        order by day limit ${limit}
      ) as spent limit ${limit}))`,
  // Its receipts go along.
  messages: ({ before, limit }) => sql`
    delete from messages where ctid = any(array(
      select ctid from messages where created_at < ${before} and not exists (
        select from receipts
        where receipts.org_id = messages.org_id and receipts.message_id = messages.id
          and (ended_at is null or ended_at >= ${before}))
      order by created_at limit ${limit}))`,
};

/**
 * Deletes what ended before the moment, a batch of each kind by a statement of its own: call it again while any
 * count reaches the limit. Idempotency keys go after 24 hours whatever the moment.
 */
export async function deleteEnded(db: Db, { before, limit }: Batch): Promise<DeletedCounts> {
  const counts: DeletedCounts = {
    ...{ timers: 0, deliveries: 0, events: 0, windows: 0, idempotencyKeys: 0 },
    ...{ sessions: 0, usage: 0, tasks: 0, metrics: 0, spending: 0, messages: 0 },
  };
  const forgotten = new Date(Date.now() - REMEMBERED_MS);
  for (const kind of Object.keys(counts) as (keyof DeletedCounts)[]) {
    const statement = STATEMENTS[kind]({ before: kind === 'idempotencyKeys' ? forgotten : before, limit });
    const { numAffectedRows = 0n } = await statement.execute(db);
    counts[kind] = Number(numAffectedRows);
  }
  return counts;
}

/** Rewritten all the time: what an agent told with its last heartbeat. */
const HEARTBEAT_TABLES = ['agents', 'agent_sessions', 'heartbeat_path'];
const BUSY_TABLES = [
  ...['timers', 'deliveries', 'events', 'endpoints', 'windows', 'idempotency_keys'],
  ...['agent_usage', 'instruction_assignments', ...HEARTBEAT_TABLES],
  ...[
    'tasks',
    'task_messages',
    'task_stages',
    'model_calls',
    'model_spending',
    'tool_calls',
    'agent_metrics',
    'agent_memories',
    'messages',
    'receipts',
  ],
];

/**
 * Frees what updated and deleted rows leave behind. A server does so by itself; the embedded database has no
 * autovacuum and would grow for ever.
 */
export async function vacuumEmbedded({ kind, db }: Pick<Database, 'kind' | 'db'>): Promise<void> {
  if (kind !== 'embedded') return;
  for (const table of BUSY_TABLES) await sql`vacuum (analyze) ${sql.table(table)}`.execute(db);
}

/**
 * The same for what heartbeats leave behind, which does not wait for a day: metrics that are too large for their row
 * are kept beside it, at up to 5 MB a second with 2,000 agents that send a hundred each second.
 */
export async function vacuumHeartbeats({ kind, db }: Pick<Database, 'kind' | 'db'>): Promise<void> {
  if (kind !== 'embedded') return;
  for (const table of HEARTBEAT_TABLES) await sql`vacuum ${sql.table(table)}`.execute(db);
}
