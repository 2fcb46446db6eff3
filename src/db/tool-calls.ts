import { type RawBuilder, sql } from 'kysely';
import type { ErrorCategory } from '../schemas/task.js';
import type { Db } from './database.js';
import type { ToolCallRow } from './task-calls.js';
import type { TaskRow } from './tasks.js';

/** A call as it was read: whoever changed it since makes the statement do nothing. */
type ReadCall = Pick<ToolCallRow, 'org_id' | 'id' | 'status' | 'started_at'>;

const isUnchanged = ({ org_id, id, status, started_at }: ReadCall): RawBuilder<boolean> => sql<boolean>`
  org_id = ${org_id} and id = ${id} and status = ${status}
  and started_at is not distinct from ${started_at}::timestamptz`;

/** Moves a call to running; undefined where somebody else has meanwhile. */
export async function claimToolCall(
  db: Db,
  call: ReadCall,
  { childId, at }: { childId?: string; at: Date },
): Promise<ToolCallRow | undefined> {
  return db
    .updateTable('tool_calls')
    .set({ status: 'running', started_at: at, ...(childId === undefined ? {} : { child_id: childId }) })
    .where(isUnchanged(call))
    .returningAll()
    .executeTakeFirst();
}

/** Has a call wait for a person; false where somebody else has moved it meanwhile. */
export async function holdToolCall(db: Db, call: ReadCall, deadline: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('tool_calls')
    .set({ status: 'awaiting_approval', approval_deadline: deadline })
    .where(isUnchanged(call))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** What a call came to. */
export type ToolCallEnd =
  | { status: 'completed' /** JSON. */; result: string }
  | { status: 'failed' | 'refused' | 'rejected'; error: string; category?: ErrorCategory };

/** Writes what a call came to; false where somebody else has meanwhile. */
export async function endToolCall(
  db: Db,
  call: ReadCall,
  end: ToolCallEnd,
  durationMs: number | null,
): Promise<boolean> {
  const { status } = end;
  const { numUpdatedRows } = await db
    .updateTable('tool_calls')
    .set({
      status,
      duration_ms: durationMs,
      ...(end.status === 'completed'
        ? { result: end.result }
        : { error: end.error, error_category: end.category ?? null }),
    })
    .where(isUnchanged(call))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Tasks that calls of a root's tasks have started, or are about to, without those of one call. */
export async function countChildren(
  db: Db,
  { org_id: orgId, root_id: rootId }: Pick<TaskRow, 'org_id' | 'root_id'>,
  exceptCallId: string,
): Promise<number> {
  const { count } = await db
    .selectFrom('tool_calls')
    .innerJoin('tasks', (join) =>
      join.onRef('tasks.org_id', '=', 'tool_calls.org_id').onRef('tasks.id', '=', 'tool_calls.task_id'),
    )
    .select((row) => row.fn.countAll().as('count'))
    .where('tasks.org_id', '=', orgId)
    .where((row) =>
      row.or([
        row('tasks.id', '=', rootId),
        row.and([row('tasks.root_id', '=', rootId), row('tasks.parent_id', 'is not', null)]),
      ]),
    )
    .where('tool_calls.child_id', 'is not', null)
    .where('tool_calls.id', '<>', exceptCallId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The task and those that it is a part of, up to the first. */
export async function lineOf(
  db: Db,
  { org_id: orgId, id }: Pick<TaskRow, 'org_id' | 'id'>,
): Promise<Pick<TaskRow, 'id' | 'agent_id'>[]> {
  const { rows } = await sql<Pick<TaskRow, 'id' | 'agent_id'>>`
    with recursive line as (
      select id, agent_id, parent_id from tasks where org_id = ${orgId} and id = ${id}
      union
      select tasks.id, tasks.agent_id, tasks.parent_id from tasks, line
      where tasks.org_id = ${orgId} and tasks.id = line.parent_id)
    select id, agent_id from line`.execute(db);
  return rows;
}

/** Moves a task back to running once no call of it waits for a person any more. */
export async function goOnUnlessWaiting(
  db: Db,
  { org_id: orgId, id }: Pick<TaskRow, 'org_id' | 'id'>,
  overdueAt: Date,
): Promise<void> {
  await sql`
    update tasks set status = 'running', overdue_at = ${overdueAt}
    where org_id = ${orgId} and id = ${id} and status = 'awaiting_approval' and not exists (
      select from tool_calls
      where tool_calls.org_id = ${orgId} and task_id = ${id} and tool_calls.status = 'awaiting_approval')`.execute(
    db,
  );
}
