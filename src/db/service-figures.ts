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
