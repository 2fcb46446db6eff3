import { type RawBuilder, sql } from 'kysely';
import type { Db } from './database.js';

export interface ServiceFigures {
  /** Tasks that could start and have not. */
  queued: number;
  running: number;
  /** In all organisations, but for those that wait for a part of theirs. */
  busyOfAll: number;
  enabledSchedules: number;
}

const HAS_NOT_ENDED = sql`overdue_at is not null`;
const IS_QUEUED = sql`started_at is null and (scheduled_at is null or scheduled_at <= now())`;

async function countsOf<Name extends string>(
  db: Db,
  query: RawBuilder<Record<Name, string | number>>,
  names: readonly Name[],
): Promise<Record<Name, number>> {
  const { rows } = await query.execute(db);
  const [row] = rows;
  const counts = names.map((name): [Name, number] => [name, Number(row?.[name] ?? 0)]);
  return Object.fromEntries(counts) as Record<Name, number>;
}

/** What an organisation's tasks and schedules are at now, and how many tasks are busy in all organisations. */
export const serviceFigures = (db: Db, orgId: string): Promise<ServiceFigures> =>
  countsOf(
    db,
    sql`
      select
        count(*) filter (where org_id = ${orgId} and ${IS_QUEUED}) as queued,
        count(*) filter (where org_id = ${orgId} and status = 'running') as running,
        count(*) filter (where status = 'running' and not exists (
          select 1 from tasks part where part.org_id = tasks.org_id and part.root_id = tasks.root_id
            and part.parent_id = tasks.id and part.overdue_at is not null)) as "busyOfAll",
        (select count(*) from schedules where org_id = ${orgId} and is_enabled) as "enabledSchedules"
      from tasks where ${HAS_NOT_ENDED}`,
    ['queued', 'running', 'busyOfAll', 'enabledSchedules'],
  );

/** How many tasks of an organisation wait for their turn, by priority; those that none waits with are left out. */
export async function queuedByPriority(db: Db, orgId: string): Promise<Record<string, number>> {
  const { rows } = await sql<{ priority: number; waiting: number }>`
    select priority, count(*)::int as waiting
    from tasks where ${HAS_NOT_ENDED} and org_id = ${orgId} and ${IS_QUEUED}
    group by priority order by priority`.execute(db);
  return Object.fromEntries(rows.map(({ priority, waiting }) => [String(priority), waiting]));
}

/** How many tasks of an organisation, or of all, wait for their turn and have begun. */
export const countUnended = (db: Db, orgId?: string): Promise<{ queued: number; running: number }> =>
  countsOf(
    db,
    sql`
      select count(*) filter (where ${IS_QUEUED}) as queued,
        count(*) filter (where started_at is not null) as running
      from tasks where ${HAS_NOT_ENDED} ${orgId === undefined ? sql`` : sql`and org_id = ${orgId}`}`,
    ['queued', 'running'],
  );

/** How many messages wait in mailboxes, of all organisations, and how many are with their agents. */
export const countMail = (db: Db): Promise<{ queued: number; delivered: number }> =>
  countsOf(
    db,
    sql`
      select count(*) filter (where status = 'queued') as queued,
        count(*) filter (where status = 'delivered') as delivered
      from receipts where status in ('queued', 'delivered')`,
    ['queued', 'delivered'],
  );

/** What nobody has seen to in time, of all organisations. */
export interface Troubles {
  overdueTimers: number;
  overdueDeliveries: number;
  /** Receivers that are not called any more until somebody asks. */
  endpointsOff: number;
}

/** Counts what was due before a moment and has not been begun, and receivers that are switched off. */
export const countTroubles = (db: Db, before: Date): Promise<Troubles> =>
  countsOf(
    db,
    sql`
      select
        (select count(*) from timers
          where status = 'scheduled' and window_at < ${before} and fire_at < ${before}) as "overdueTimers",
        (select count(*) from deliveries d
          left join endpoints e on e.org_id = d.org_id and e.receiver = d.receiver and e.state = 'open'
          where d.status = 'pending' and greatest(d.next_attempt_at, e.opened_until) < ${before}) as "overdueDeliveries",
        (select count(*) from endpoints where state = 'off') as "endpointsOff"`,
    ['overdueTimers', 'overdueDeliveries', 'endpointsOff'],
  );

export interface BrokerCount {
  kind: string;
  status: string;
  count: number;
}

/** How many brokers there are, of all organisations, by kind and state. */
export async function countBrokerStates(db: Db): Promise<BrokerCount[]> {
  const rows = await db
    .selectFrom('brokers')
    .select(({ fn }) => ['kind', 'status', fn.countAll<number>().as('count')])
    .groupBy(['kind', 'status'])
    .execute();
  return rows.map(({ kind, status, count }) => ({ kind, status, count: Number(count) }));
}
