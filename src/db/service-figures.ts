import { sql } from 'kysely';
import type { Db } from './database.js';

export interface ServiceFigures {
  /** Tasks that could start and have not. */
  queued: number;
  running: number;
  runningOfAll: number;
  enabledSchedules: number;
}

/** What an organisation's tasks and schedules are at now, and how many tasks run in all organisations. */
export async function serviceFigures(db: Db, orgId: string): Promise<ServiceFigures> {
  const { rows } = await sql<Record<keyof ServiceFigures, string | number>>`
    select
      count(*) filter (where org_id = ${orgId} and started_at is null
        and (scheduled_at is null or scheduled_at <= now())) as queued,
      count(*) filter (where org_id = ${orgId} and status = 'running') as running,
      count(*) filter (where status = 'running') as "runningOfAll",
      (select count(*) from schedules where org_id = ${orgId} and is_enabled) as "enabledSchedules"
    from tasks where overdue_at is not null`.execute(db);
  const [row] = rows;
  return {
    queued: Number(row?.queued ?? 0),
    running: Number(row?.running ?? 0),
    runningOfAll: Number(row?.runningOfAll ?? 0),
    enabledSchedules: Number(row?.enabledSchedules ?? 0),
  };
}
