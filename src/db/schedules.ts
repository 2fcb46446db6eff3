import { type Selectable, sql } from 'kysely';
import type { Db } from './database.js';
import type { ScheduleTable } from './tables-of-tasks.js';

export type ScheduleRow = Selectable<ScheduleTable>;

export interface NewSchedule {
  id: string;
  orgId: string;
  agentId: string;
  name: string;
  cron: string;
  timezone: string;
  method: string | null;
  prompt: string | null;
  input: Record<string, unknown>;
  /** The call of a tool that makes it. */
  createdBy: string;
}

/** Writes a schedule unless it stands already; false where the organisation has as many others as it may have. */
export async function insertSchedule(tx: Db, schedule: NewSchedule, mostOfOrg: number): Promise<boolean> {
  const { id, orgId, agentId, name, cron, timezone, method, prompt, input, createdBy } = schedule;
  // Two at once would both count what stood before.
  await sql`select id from orgs where id = ${orgId} for no key update`.execute(tx);
  const { count } = await tx
    .selectFrom('schedules')
    .select((row) => row.fn.countAll().as('count'))
    .where('org_id', '=', orgId)
    .where('id', '<>', id)
    .executeTakeFirstOrThrow();
  if (Number(count) >= mostOfOrg) return false;
  await tx
    .insertInto('schedules')
    .values({
      ...{ id, org_id: orgId, agent_id: agentId, name, cron, timezone, method, prompt },
      ...{ input: JSON.stringify(input), created_by: createdBy },
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return true;
}

export async function getSchedule(db: Db, orgId: string, id: string): Promise<ScheduleRow | undefined> {
  return db
    .selectFrom('schedules')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
}

export async function deleteSchedule(db: Db, orgId: string, id: string): Promise<void> {
  await db.deleteFrom('schedules').where('org_id', '=', orgId).where('id', '=', id).execute();
}
