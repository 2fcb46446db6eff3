import type { Db } from './database.js';
import type { ToolCallRow } from './task-calls.js';
import type { TaskRow } from './tasks.js';

/** What somebody decided about calls of tools. */
export interface Decided {
  decision: 'approved' | 'rejected';
  /** Of one call, or of all that wait. */
  callId: string | undefined;
  by: string;
  reason: string | null;
  at: Date;
}

/** Reads a task and keeps its row from others until the transaction ends. */
export async function lockTask(tx: Db, orgId: string, id: string): Promise<TaskRow | undefined> {
  return tx
    .selectFrom('tasks')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

/** Decides about calls of a locked task that wait for it and whose deadline is ahead; answers those. */
export async function decideCalls(
  tx: Db,
  { org_id: orgId, id }: Pick<TaskRow, 'org_id' | 'id'>,
  { decision, callId, by, reason, at }: Decided,
): Promise<ToolCallRow[]> {
  let statement = tx
    .updateTable('tool_calls')
    .set({ status: decision, decided_by: by, decision_reason: reason })
    .where('org_id', '=', orgId)
    .where('task_id', '=', id)
    .where('status', '=', 'awaiting_approval')
    .where('approval_deadline', '>', at);
  if (callId !== undefined) statement = statement.where('id', '=', callId);
  return statement.returningAll().execute();
}

/** Whether calls of a task still wait for somebody to decide. */
export async function isAwaiting(
  tx: Db,
  { org_id: orgId, id }: Pick<TaskRow, 'org_id' | 'id'>,
): Promise<boolean> {
  const row = await tx
    .selectFrom('tool_calls')
    .select('id')
    .where('org_id', '=', orgId)
    .where('task_id', '=', id)
    .where('status', '=', 'awaiting_approval')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
