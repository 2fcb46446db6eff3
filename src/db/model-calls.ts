import { sql } from 'kysely';
import type { ErrorCategory } from '../schemas/task.js';
import type { Db } from './database.js';
import { addSpent } from './model-spending.js';
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

/** One attempt at a call: of several that overlap only the latest one owns what is reserved. */
export interface CallAttempt {
  id: string;
  attempt: number;
}

/**
 * Writes a call, with what it may come to, before it is made. Answers which attempt this is; null where the answer is
 * there already. `after` is the attempt that it goes on from: null where another one has begun since then, too.
 */
export async function beginModelCall(
  tx: Db,
  { org_id, id: task_id, root_id, agent_id }: TaskRow,
  { id, place, provider, model, reserved, at }: BegunModelCall,
  after: number | null = null,
): Promise<number | null> {
  const begun = {
    ...{ status: 'running' as const, provider, model, started_at: at },
    ...{ reserved_tokens: reserved.tokens, reserved_nanos: reserved.nanos },
  };
  const row = await tx
    .insertInto('model_calls')
    .values({
      ...{ id, org_id, task_id, root_id, agent_id, place, ...begun, attempts: 1 },
      ...{ request: JSON.stringify(null), answer: JSON.stringify(null) },
    })
    .onConflict((conflict) =>
      conflict
        .columns(['org_id', 'id'])
        .doUpdateSet({ ...begun, attempts: sql`model_calls.attempts + 1` })
        .where('model_calls.status', '<>', 'completed')
        .where(after === null ? sql<boolean>`true` : sql<boolean>`model_calls.attempts = ${after}`),
    )
    .returning('attempts')
    .executeTakeFirst();
  return row?.attempts ?? null;
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

type OfOrg = Pick<TaskRow, 'org_id'>;

const isOwner = (attempt: number) => sql<boolean>`attempts = ${attempt}`;
/** What an attempt used is counted once: of the owner that shows in what is reserved, and others are counted when they tell. */
const isUncounted = (attempt: number) => sql<boolean>`(attempts <> ${attempt} or reserved_tokens > 0)`;
const released = (attempt: number) => ({
  reserved_tokens: sql<number>`case when attempts = ${attempt} then 0 else reserved_tokens end`,
  reserved_nanos: sql<number>`case when attempts = ${attempt} then 0 else reserved_nanos end`,
});
const isOpen = sql<boolean>`status in ('requested', 'running')`;

/** Writes the answer of whichever attempt comes first, and what it used; false where there is one already. */
export async function completeModelCall(
  tx: Db,
  { org_id: orgId }: OfOrg,
  { id, attempt }: CallAttempt,
  { answer, usage, durationMs }: { answer: unknown; usage: CallUsage; durationMs: number },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('model_calls')
    .set({
      ...{ status: 'completed', provider: usage.provider, model: usage.model },
      ...{ ...added(usage), ...released(attempt), duration_ms: Math.round(durationMs) },
      ...{ answer: JSON.stringify(answer ?? null), error_category: null, error_message: null },
    })
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .where(isOpen)
    .where(isUncounted(attempt))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Adds what an attempt used in vain, instead of what was reserved for it; false where that was counted already. */
export async function countVainAttempt(
  tx: Db,
  { org_id: orgId }: OfOrg,
  { id, attempt }: CallAttempt,
  usage: CallUsage,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('model_calls')
    .set({
      ...{ ...added(usage), ...released(attempt) },
      status: sql`case when status = 'running' and ${isOwner(attempt)} then 'requested' else status end`,
    })
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .where(isUncounted(attempt))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export interface CallFailure {
  category: ErrorCategory;
  message: string;
}

const LONGEST_MESSAGE = 2_000;

/** Gives back what an attempt had reserved; its call has failed, or (null) may be made again. */
export async function releaseModelCall(
  db: Db,
  { org_id: orgId }: OfOrg,
  { id, attempt }: CallAttempt,
  failure: CallFailure | null,
): Promise<void> {
  await db
    .updateTable('model_calls')
    .set({
      ...released(attempt),
      status: sql`case when ${isOpen} then ${failure ? 'failed' : 'requested'} else status end`,
      error_category: failure?.category ?? null,
      error_message: failure?.message.slice(0, LONGEST_MESSAGE) ?? null,
    })
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .where(isOwner(attempt))
    .execute();
}

/** A call that failed before anything was spent on it; where code asked for it, it stands there already. */
export async function failUnmadeCall(
  db: Db,
  { org_id, id: task_id, root_id, agent_id }: TaskRow,
  { id, place }: { id: string; place: string },
  { category, message }: CallFailure,
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
      conflict
        .columns(['org_id', 'id'])
        // Another attempt may be under way: what it uses is counted when it tells.
        .doUpdateSet({
          ...failed,
          attempts: sql`model_calls.attempts + case when model_calls.reserved_tokens > 0 then 1 else 0 end`,
        })
        .where('model_calls.status', '<>', 'completed'),
    )
    .execute();
}

/** Adds what a call used to the sums of its task and of its agent's day; `output` is what the task has come to, where it has. */
export async function addUsage(
  tx: Db,
  { org_id: orgId, id, agent_id: agentId }: Of & Pick<TaskRow, 'agent_id'>,
  usage: CallUsage,
  { at, output }: { at: Date; output?: { value: unknown } | undefined },
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
  await addSpent(tx, { orgId, agentId }, usage, at);
}
