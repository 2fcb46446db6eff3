import { sql } from 'kysely';
import type { Db } from './database.js';
import type { TaskRow } from './tasks.js';

/** Keeps the row of the first of a family of tasks from others until the transaction ends: they spend together. */
export async function lockRoot(
  tx: Db,
  { org_id: orgId, root_id: rootId }: Pick<TaskRow, 'org_id' | 'root_id'>,
): Promise<Pick<TaskRow, 'agent_id'> | undefined> {
  return tx
    .selectFrom('tasks')
    .select('agent_id')
    .where('org_id', '=', orgId)
    .where('id', '=', rootId)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** The same for all tasks of an agent, and of an organisation; to be called after the root was locked, in this order. */
export async function lockSpender(tx: Db, spender: { agentId: string } | { orgId: string }): Promise<void> {
  const [table, id] =
    'agentId' in spender ? (['agents', spender.agentId] as const) : (['orgs', spender.orgId] as const);
  await tx.selectFrom(table).select('id').where('id', '=', id).forNoKeyUpdate().execute();
}

/** Whose calls are added up. */
export type Spender =
  | { kind: 'task'; id: string }
  | { kind: 'root'; id: string }
  | { kind: 'agent'; id: string; since: Date }
  | { kind: 'org'; since: Date };

export interface Spent {
  tokens: number;
  /** In 10⁻⁹ US dollars, of what had a price: under a limit nothing else is asked. */
  nanos: number;
}

function isOf(spender: Spender) {
  if (spender.kind === 'task') return sql`call.task_id = ${spender.id}`;
  if (spender.kind === 'root') return sql`call.root_id = ${spender.id}`;
  if (spender.kind === 'agent')
    return sql`call.agent_id = ${spender.id} and call.started_at >= ${spender.since}`;
  return sql`call.started_at >= ${spender.since}`;
}

/**
 * What calls have used, and what those that are under way may use at most. Of the call that asks, its reservation of
 * an earlier attempt does not count; nor do those that the end of a task left behind.
 */
export async function spentBy(db: Db, orgId: string, callId: string, spender: Spender): Promise<Spent> {
  const isUnderWay = sql`call.status = 'running' and call.id <> ${callId} and task.completed_at is null`;
  const { rows } = await sql<Spent>`
    select
      coalesce(sum(input_and_output + case when is_under_way then reserved_tokens else 0 end), 0)::bigint as tokens,
      coalesce(sum(cost + case when is_under_way then reserved_nanos else 0 end), 0)::bigint as nanos
    from (
      select call.input_tokens + call.output_tokens as input_and_output, coalesce(call.cost_nanos, 0) as cost,
        call.reserved_tokens, call.reserved_nanos, ${isUnderWay} as is_under_way
      from model_calls call join tasks task on task.org_id = call.org_id and task.id = call.task_id
      where call.org_id = ${orgId} and ${isOf(spender)}) as calls`.execute(db);
  return { tokens: Number(rows[0]?.tokens ?? 0), nanos: Number(rows[0]?.nanos ?? 0) };
}

/** How many other calls of models a task has made, or is making. */
export async function countSteps(
  db: Db,
  { org_id: orgId, id }: Pick<TaskRow, 'org_id' | 'id'>,
  callId: string,
): Promise<number> {
  const { steps } = await db
    .selectFrom('model_calls')
    .select((row) => row.fn.countAll().as('steps'))
    .where('org_id', '=', orgId)
    .where('task_id', '=', id)
    .where('id', '<>', callId)
    .where('attempts', '>', 0)
    .executeTakeFirstOrThrow();
  return Number(steps);
}
