import { type Selectable, sql } from 'kysely';
import type { Stage } from '../schemas/task.js';
import type { Db } from './database.js';
import type { ModelCallTable, ToolCallTable } from './tables-of-tasks.js';
import type { TaskRow } from './tasks.js';

export type ModelCallRow = Selectable<ModelCallTable>;
export type ToolCallRow = Selectable<ToolCallTable>;

/** A call of a model that an agent's code asked for. */
export interface RequestedModelCall {
  id: string;
  place: string;
  request: unknown;
}

/** A call of a tool that a model or an agent's code asked for. */
export interface RequestedToolCall {
  id: string;
  place: string;
  name: string;
  arguments: unknown;
  /** The model's own id of it; null where code asked. */
  modelCallRef: string | null;
}

type Caller = Pick<TaskRow, 'id' | 'org_id' | 'agent_id' | 'root_id'>;

/** Writes calls that are to be made; those that were asked for before stay as they are. */
export async function requestModelCalls(
  db: Db,
  { id, org_id, agent_id, root_id }: Caller,
  calls: readonly RequestedModelCall[],
): Promise<void> {
  if (calls.length === 0) return;
  const rows = calls.map((call) => ({
    ...{ id: call.id, org_id, task_id: id, root_id, agent_id, place: call.place },
    status: 'requested' as const,
    request: JSON.stringify(call.request),
    answer: JSON.stringify(null),
  }));
  await db
    .insertInto('model_calls')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** The same for tools. */
export async function requestToolCalls(
  db: Db,
  { id, org_id, agent_id }: Caller,
  calls: readonly RequestedToolCall[],
): Promise<void> {
  if (calls.length === 0) return;
  const rows = calls.map((call) => ({
    ...{ id: call.id, org_id, task_id: id, agent_id, place: call.place, name: call.name },
    model_call_ref: call.modelCallRef,
    status: 'requested' as const,
    arguments: JSON.stringify(call.arguments ?? null),
    result: JSON.stringify(null),
  }));
  await db
    .insertInto('tool_calls')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** The calls that the code of a stage asked for, by their place; not those that its tools made themselves. */
export async function callsOfStage(
  db: Db,
  { org_id: orgId, id }: Pick<TaskRow, 'org_id' | 'id'>,
  stage: Stage,
): Promise<{ models: Map<string, ModelCallRow>; tools: Map<string, ToolCallRow> }> {
  const ofStage = sql<boolean>`starts_with(place, ${`${stage}.`}) and split_part(place, '.', 3) = ''`;
  const models = await db
    .selectFrom('model_calls')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('task_id', '=', id)
    .where(ofStage)
    .execute();
  const tools = await db
    .selectFrom('tool_calls')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('task_id', '=', id)
    .where(ofStage)
    .execute();
  return {
    models: new Map(models.map((call) => [call.place, call])),
    tools: new Map(tools.map((call) => [call.place, call])),
  };
}

export async function getModelCall(db: Db, orgId: string, id: string): Promise<ModelCallRow | undefined> {
  return db
    .selectFrom('model_calls')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
}

export async function getToolCall(db: Db, orgId: string, id: string): Promise<ToolCallRow | undefined> {
  return db
    .selectFrom('tool_calls')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** In the order in which they were asked for. */
export async function toolCallsOf(db: Db, orgId: string, taskIds: readonly string[]): Promise<ToolCallRow[]> {
  if (taskIds.length === 0) return [];
  return db
    .selectFrom('tool_calls')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('task_id', 'in', taskIds)
    .orderBy('created_at')
    .orderBy('place')
    .execute();
}
