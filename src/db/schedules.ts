import { type Insertable, type Selectable, sql } from 'kysely';
import type { ScheduleFilter } from '../schemas/schedule.js';
import type { Db } from './database.js';
import { lockOrg } from './orgs.js';
import type { ScheduleTable } from './tables-of-tasks.js';
import type { Position } from './timers.js';

/** With the name that its agent has now. */
export type ScheduleRow = Selectable<ScheduleTable> & { agent_name: string };

/** What a schedule is, as its row holds it. */
export type ScheduleColumns = Omit<
  Insertable<ScheduleTable>,
  | 'id'
  | 'org_id'
  | 'is_declared'
  | 'created_by'
  | 'revision'
  | 'applied_revision'
  | 'created_at'
  | 'updated_at'
>;

/** What a row holds, to be written as it was. */
export function columnsOf(row: ScheduleRow): Required<ScheduleColumns> {
  const { agent_id, name, cron, interval_ms, timezone, method, prompt, priority, timeout_ms } = row;
  const { overlap, jitter_ms, catchup_window_ms, ends_at, is_enabled } = row;
  return {
    ...{ agent_id, name, cron, interval_ms, timezone, method, prompt, priority, timeout_ms },
    ...{ overlap, jitter_ms, catchup_window_ms, ends_at, is_enabled },
    input: JSON.stringify(row.input),
    delivery: JSON.stringify(row.delivery),
    metadata: JSON.stringify(row.metadata),
  };
}

export interface NewSchedule {
  id: string;
  orgId: string;
  columns: ScheduleColumns;
  /** The call of a tool that makes it. */
  createdBy?: string;
  isDeclared?: boolean;
  createdAt: Date;
}

const withAgentName = (db: Db) =>
  db
    .selectFrom('schedules')
    .innerJoin('agents', 'agents.id', 'schedules.agent_id')
    .selectAll('schedules')
    .select('agents.name as agent_name');

/**
 * Writes a schedule unless it stands already, or the organisation has as many others as it may have. Those of tools have
 * a limit of their own.
 */
export async function insertSchedule(
  tx: Db,
  schedule: NewSchedule,
  mostOfOrg: number,
): Promise<'written' | 'standing' | 'full'> {
  const { id, orgId, columns, createdBy, isDeclared = false, createdAt } = schedule;
  // Two at once would both count what stood before.
  await lockOrg(tx, orgId);
  const { count } = await tx
    .selectFrom('schedules')
    .select((row) => row.fn.countAll().as('count'))
    .where('org_id', '=', orgId)
    .where('id', '<>', id)
    .$if(createdBy !== undefined, (query) => query.where('created_by', 'is not', null))
    .executeTakeFirstOrThrow();
  if (Number(count) >= mostOfOrg) return 'full';
  const written = await tx
    .insertInto('schedules')
    .values({
      ...columns,
      ...{ id, org_id: orgId, created_by: createdBy ?? null, is_declared: isDeclared },
      ...{ created_at: createdAt, updated_at: createdAt },
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return written ? 'written' : 'standing';
}

export async function getSchedule(db: Db, orgId: string, id: string): Promise<ScheduleRow | undefined> {
  return withAgentName(db)
    .where('schedules.org_id', '=', orgId)
    .where('schedules.id', '=', id)
    .executeTakeFirst();
}

/** Newest first, after `position`. */
export async function listSchedules(
  db: Db,
  orgId: string,
  { agent_name: agentName, enabled, limit }: Omit<ScheduleFilter, 'cursor'>,
  position: Position | undefined,
): Promise<ScheduleRow[]> {
  let query = withAgentName(db).where('schedules.org_id', '=', orgId);
  if (agentName !== undefined) query = query.where('agents.name', '=', agentName);
  if (enabled !== undefined) query = query.where('schedules.is_enabled', '=', enabled);
  if (position)
    query = query.where(
      sql<boolean>`(schedules.created_at, schedules.id) < (${position.createdAt}, ${position.id})`,
    );
  return query.orderBy('schedules.created_at', 'desc').orderBy('schedules.id', 'desc').limit(limit).execute();
}

/** Reads a schedule and keeps its row from others until the transaction ends. */
export async function lockSchedule(tx: Db, orgId: string, id: string): Promise<ScheduleRow | undefined> {
  return withAgentName(tx)
    .where('schedules.org_id', '=', orgId)
    .where('schedules.id', '=', id)
    .forUpdate('schedules')
    .executeTakeFirst();
}

/** A change of one that the transaction has locked: Temporal has to learn of it. */
export async function updateSchedule(
  tx: Db,
  { org_id: orgId, id }: Pick<ScheduleRow, 'org_id' | 'id'>,
  columns: Partial<ScheduleColumns>,
  at: Date,
): Promise<void> {
  await tx
    .updateTable('schedules')
    .set(columns)
    .set((row) => ({ revision: row('revision', '+', 1), updated_at: at }))
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .execute();
}

/** Temporal has this revision: whether that is the latest, or the schedule was deleted meanwhile. */
export async function markApplied(
  db: Db,
  { org_id: orgId, id, revision }: Pick<ScheduleRow, 'org_id' | 'id' | 'revision'>,
): Promise<'latest' | 'outdated' | 'gone'> {
  const standing = await db
    .updateTable('schedules')
    .set({ applied_revision: revision })
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .returning('schedules.revision')
    .executeTakeFirst();
  if (!standing) return 'gone';
  return standing.revision === revision ? 'latest' : 'outdated';
}

/** Changed before `before`, and Temporal does not have it: whoever changed them has died, or Temporal was away. */
export async function unappliedSchedules(
  db: Db,
  { before, limit }: { before: Date; limit: number },
): Promise<{ orgId: string; scheduleId: string }[]> {
  return db
    .selectFrom('schedules')
    .select(['org_id as orgId', 'id as scheduleId'])
    .where(sql<boolean>`applied_revision <> revision`)
    .where('updated_at', '<', before)
    .orderBy('updated_at')
    .limit(limit)
    .execute();
}

/** All of all organisations. */
export async function allSchedules(
  db: Db,
): Promise<{ orgId: string; scheduleId: string; revision: number }[]> {
  return db.selectFrom('schedules').select(['org_id as orgId', 'id as scheduleId', 'revision']).execute();
}

/** False where there was none. */
export async function deleteSchedule(db: Db, orgId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('schedules')
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** That a file declared. */
export async function declaredSchedules(db: Db, orgId: string): Promise<ScheduleRow[]> {
  return withAgentName(db)
    .where('schedules.org_id', '=', orgId)
    .where('schedules.is_declared', '=', true)
    .execute();
}
