import { sql } from 'kysely';
import type { ErrorCategory } from '../schemas/task.js';
import type { Db } from './database.js';
import type { ToolCallRow } from './task-calls.js';
import type { TaskRow } from './tasks.js';

type Of = Pick<TaskRow, 'org_id' | 'id'>;

/** The calls of tools that the call of a model at this place asked for, in its order. */
export async function toolCallsAt(db: Db, { org_id: orgId, id }: Of, place: string): Promise<ToolCallRow[]> {
  const rows = await db
    .selectFrom('tool_calls')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('task_id', '=', id)
    .where('model_call_ref', 'is not', null)
    .where(sql<boolean>`starts_with(place, ${`${place}.`})`)
    .execute();
  const indexOf = (call: ToolCallRow) => Number(call.place.slice(place.length + 1));
  return rows.sort((one, other) => indexOf(one) - indexOf(other));
}

/** A call of a model that is about to be made. */
export interface BegunModelCall {
  id: string;
  place: string;
  provider: string;
  model: string;
  reserved: { tokens: number; nanos: number };
  at: Date;
}

/** Writes a call, with what it may come to, before it is made; false where its answer is there already. */
export async function beginModelCall(
  tx: Db,
  { org_id, id: task_id, root_id, agent_id }: TaskRow,
  { id, place, provider, model, reserved, at }: BegunModelCall,
): Promise<boolean> {
  const begun = {
    ...{ status: 'running' as const, provider, model, started_at: at },
    ...{ reserved_tokens: reserved.tokens, reserved_nanos: reserved.nanos },
  };
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('model_calls')
    .values({
      ...{ id, org_id, task_id, root_id, agent_id, place, ...begun, attempts: 1 },
      ...{ request: JSON.stringify(null), answer: JSON.stringify(null) },
    })
    .onConflict((conflict) =>
      conflict
        .columns(['org_id', 'id'])
        .doUpdateSet({ ...begun, attempts: sql`model_calls.attempts + 1` })
        .where('model_calls.status', '<>', 'completed'),
    )
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** What an answer used; a cost of null is one that nobody knows. */
export interface CallUsage {
  provider: string;
  model: string;
  input: number;
  output: number;
  nanos: number | null;
}

const added = ({ input, output, nanos }: CallUsage) => ({
  input_tokens: sql<number>`input_tokens + ${input}`,
  output_tokens: sql<number>`output_tokens + ${output}`,
  cost_nanos: sql<number | null>`cost_nanos + ${nanos}::bigint`,
});

/** What a call came to, instead of its reservation. */
export type CallEnd =
  | { status: 'completed'; answer: unknown }
  /** It may be made again. */
  | { status: 'requested' }
  | { status: 'failed'; category: ErrorCategory; message: string };

const LONGEST_MESSAGE = 2_000;

/** Writes what a call came to, and adds what it used; false where its answer was there already. */
export async function endModelCall(
  tx: Db,
  { org_id: orgId }: Pick<TaskRow, 'org_id'>,
  id: string,
  end: CallEnd & { usage?: CallUsage | undefined; durationMs?: number },
): Promise<boolean> {
  const { status, usage, durationMs } = end;
  const { numUpdatedRows } = await tx
    .updateTable('model_calls')
    .set({
      ...{ status, reserved_tokens: 0, reserved_nanos: 0 },
      ...(usage ? { provider: usage.provider, model: usage.model, ...added(usage) } : {}),
      ...(durationMs === undefined ? {} : { duration_ms: Math.round(durationMs) }),
      ...(status === 'completed' ? { answer: JSON.stringify(end.answer ?? null) } : {}),
      error_category: status === 'failed' ? end.category : null,
      error_message: status === 'failed' ? end.message.slice(0, LONGEST_MESSAGE) : null,
    })
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .where('status', '<>', 'completed')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** A call that failed before anything was spent on it; where code asked for it, it stands there already. */
export async function failUnmadeCall(
  db: Db,
  { org_id, id: task_id, root_id, agent_id }: TaskRow,
  { id, place }: { id: string; place: string },
  { category, message }: { category: ErrorCategory; message: string },
): Promise<void> {
  const failed = {
    ...{ status: 'failed' as const, error_category: category },
    error_message: message.slice(0, LONGEST_MESSAGE),
    ...{ reserved_tokens: 0, reserved_nanos: 0 },
  };
  await db
    .insertInto('model_calls')
    .values({
      ...{ id, org_id, task_id, root_id, agent_id, place, ...failed },
      ...{ request: JSON.stringify(null), answer: JSON.stringify(null) },
    })
    .onConflict((conflict) =>
      conflict.columns(['org_id', 'id']).doUpdateSet(failed).where('model_calls.status', '<>', 'completed'),
    )
    .execute();
}

/** Adds what a call used to its task's own sums; `output` is what the task has come to, where it has. */
export async function addUsage(
  tx: Db,
  { org_id: orgId, id }: Of,
  usage: CallUsage,
  output?: { value: unknown },
): Promise<void> {
  await tx
    .updateTable('tasks')
    .set({
      ...added(usage),
      model: usage.model,
      ...(output
        ? {
            output: sql<string>`case when completed_at is null then ${JSON.stringify(output.value ?? null)}::json else output end`,
          }
        : {}),
    })
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .execute();
}
