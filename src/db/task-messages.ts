import type { Db } from './database.js';
import type { TaskRow } from './tasks.js';

type Of = Pick<TaskRow, 'org_id' | 'id'>;

/** What was said in a task so far, each a `ModelMessage`. */
export async function messagesOf(db: Db, { org_id: orgId, id }: Of): Promise<unknown[]> {
  const rows = await db
    .selectFrom('task_messages')
    .select('message')
    .where('org_id', '=', orgId)
    .where('task_id', '=', id)
    .orderBy('position')
    .execute();
  return rows.map(({ message }) => message);
}

/** Appends to what was said; what stands at these positions already stays. */
export async function appendMessages(
  db: Db,
  { org_id, id }: Of,
  from: number,
  messages: readonly unknown[],
): Promise<void> {
  if (messages.length === 0) return;
  const rows = messages.map((message, index) => ({
    ...{ org_id, task_id: id, position: from + index },
    message: JSON.stringify(message),
  }));
  await db
    .insertInto('task_messages')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
