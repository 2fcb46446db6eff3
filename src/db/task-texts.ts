import { sql } from 'kysely';
import type { Db } from './database.js';
import type { TaskRow } from './tasks.js';

/** What a model answered to the call of a task at a place, as text; null where it said nothing. */
export async function textOfCall(
  db: Db,
  { org_id: orgId, id }: Pick<TaskRow, 'org_id' | 'id'>,
  place: string,
): Promise<string | null> {
  const { rows } = await sql<{ text: string | null }>`
    select answer ->> 'text' as text from model_calls
    where org_id = ${orgId} and task_id = ${id} and place = ${place} and status = 'completed'`.execute(db);
  return rows[0]?.text || null;
}
