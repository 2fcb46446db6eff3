import { sql } from 'kysely';
import type { Db } from './database.js';
import { getToolCall, type ToolCallRow } from './task-calls.js';
import type { TaskRow } from './tasks.js';

/** A task is shown with so many of its calls: the latest. */
const MOST_CALLS = 500;
/** Of the JSON of arguments or a result. */
const MOST_BYTES = 16_384;

/** A call as it is shown: what of it is cut is the beginning of its JSON, as text. */
export type ShownToolCall = Omit<ToolCallRow, 'place' | 'model_call_ref' | 'org_id' | 'agent_id'> & {
  are_arguments_cut: boolean;
  is_result_cut: boolean;
};

const SHOWN = sql.raw(
  [
    ...['id', 'task_id', 'name', 'status', 'error', 'error_category', 'child_id', 'approval_deadline'],
    ...['decided_by', 'decision_reason', 'created_at', 'started_at', 'duration_ms'],
  ].join(', '),
);

const cutText = (column: string) =>
  sql`case when octet_length(${sql.ref(column)}::text) > ${MOST_BYTES}::int
    then to_json(left(${sql.ref(column)}::text, ${MOST_BYTES}::int)) else ${sql.ref(column)} end`;
const isCut = (column: string) =>
  sql<boolean>`coalesce(octet_length(${sql.ref(column)}::text) > ${MOST_BYTES}::int, false)`;

/**
 * The latest calls of tools of a task, in the order in which they were asked for, without what is long of them. The
 * arguments of one that waits for a person are whole: that person decides about them.
 */
export async function shownToolCalls(
  db: Db,
  { org_id: orgId, id }: Pick<TaskRow, 'org_id' | 'id'>,
): Promise<ShownToolCall[]> {
  const isWaiting = sql`status = 'awaiting_approval'`;
  const { rows } = await sql<ShownToolCall>`
    select ${SHOWN},
      case when ${isWaiting} then arguments else ${cutText('arguments')} end as arguments,
      not ${isWaiting} and ${isCut('arguments')} as are_arguments_cut,
      ${cutText('result')} as result, ${isCut('result')} as is_result_cut
    from tool_calls where org_id = ${orgId} and task_id = ${id}
    order by tool_calls.created_at desc, place desc limit ${MOST_CALLS}`.execute(db);
  return rows.reverse();
}

/** One call of a task, with all that it was given and answered. */
export async function wholeToolCall(
  db: Db,
  { org_id: orgId, id: taskId }: Pick<TaskRow, 'org_id' | 'id'>,
  callId: string,
): Promise<ShownToolCall | undefined> {
  const call = await getToolCall(db, orgId, callId);
  return call?.task_id === taskId ? { ...call, are_arguments_cut: false, is_result_cut: false } : undefined;
}
