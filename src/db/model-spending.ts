import { sql } from 'kysely';
import type { Limits } from '../schemas/limits.js';
import type { Db } from './database.js';
import type { TaskRow } from './tasks.js';

/** Keeps the row of the first of a family of tasks from others until the transaction ends: they spend together. */
export async function lockRoot(
  tx: Db,
  { org_id: orgId, root_id: rootId }: Pick<TaskRow, 'org_id' | 'root_id'>,
): Promise<void> {
  await tx
    .selectFrom('tasks')
    .select('id')
    .where('org_id', '=', orgId)
    .where('id', '=', rootId)
    .forNoKeyUpdate()
    .execute();
}

/** The same for all tasks of an agent, and of an organisation; to be called after the root was locked, in this order. */
export async function lockSpender(tx: Db, spender: { agentId: string } | { orgId: string }): Promise<void> {
  const [table, id] =
    'agentId' in spender ? (['agents', spender.agentId] as const) : (['orgs', spender.orgId] as const);
  await tx.selectFrom(table).select('id').where('id', '=', id).forNoKeyUpdate().execute();
}

/** A task and those that it is a part of, the first of all last; of each, what its agent may spend. */
export interface Ancestor {
  id: string;
  limits: Limits;
}

export async function lineageOf(
  tx: Db,
  { org_id: orgId, id }: Pick<TaskRow, 'org_id' | 'id'>,
): Promise<Ancestor[]> {
  const { rows } = await sql<Ancestor>`
    with recursive lineage as (
      select id, parent_id, agent_id, depth from tasks where org_id = ${orgId} and id = ${id}
      union all
      select parent.id, parent.parent_id, parent.agent_id, parent.depth
      from lineage join tasks as parent on parent.org_id = ${orgId} and parent.id = lineage.parent_id)
    select lineage.id, agents.limits
    from lineage join agents on agents.org_id = ${orgId} and agents.id = lineage.agent_id
    order by lineage.depth desc`.execute(tx);
  return rows;
}

/** Whose calls are added up: those of a task with all that came of it, or of a day. */
export type Spender =
  | { kind: 'task'; id: string; rootId: string }
  | { kind: 'agent'; id: string; since: Date }
  | { kind: 'org'; since: Date };

export interface Spent {
  tokens: number;
  /** In 10⁻⁹ US dollars, of what had a price: under a limit nothing else is asked. */
  nanos: number;
}

/** The call that asks; what was reserved for an earlier attempt at it does not count. */
interface Asking {
  orgId: string;
  callId: string;
}

/** What calls have used, and what those that are under way may use at most. */
export async function spentBy(db: Db, asking: Asking, spender: Spender): Promise<Spent> {
  const { rows } = await (spender.kind === 'task'
    ? spentByTask(asking, spender)
    : spentInDay(asking, spender)
  ).execute(db);
  return { tokens: Number(rows[0]?.tokens ?? 0), nanos: Number(rows[0]?.nanos ?? 0) };
}

/** What the end of a task has left behind is not under way. Looked up call by call: a join would read all tasks. */
const isUnderWay = ({ orgId, callId }: Asking) => sql`call.id <> ${callId} and call.reserved_tokens > 0
  and (select completed_at is null from tasks where org_id = ${orgId} and id = call.task_id)`;

function spentByTask(asking: Asking, { id, rootId }: Extract<Spender, { kind: 'task' }>) {
  const { orgId } = asking;
  // A first task is what all of its calls name.
  const isOf =
    id === rootId
      ? sql`true`
      : sql`call.task_id in (
          with recursive family as (
            select ${id}::text as id
            union all
            select part.id from family join tasks as part
              on part.org_id = ${orgId} and part.root_id = ${rootId} and part.parent_id = family.id)
          select id from family)`;
  return sql<Spent>`
    select coalesce(sum(used + case when is_under_way then reserved_tokens else 0 end), 0)::bigint as tokens,
      coalesce(sum(cost + case when is_under_way then reserved_nanos else 0 end), 0)::bigint as nanos
    from (
      select call.input_tokens + call.output_tokens as used, coalesce(call.cost_nanos, 0) as cost,
        call.reserved_tokens, call.reserved_nanos, ${isUnderWay(asking)} as is_under_way
      from model_calls as call
      where call.org_id = ${orgId} and call.root_id = ${rootId} and ${isOf}) as calls`;
}

/** From the day's running total, and the few calls that are under way: it is asked under a lock, before every call. */
function spentInDay(asking: Asking, spender: Extract<Spender, { since: Date }>) {
  const { orgId } = asking;
  const ofAgent = spender.kind === 'agent' ? sql`and agent_id = ${spender.id}` : sql``;
  return sql<Spent>`
    select coalesce(sum(tokens), 0)::bigint as tokens, coalesce(sum(nanos), 0)::bigint as nanos
    from (
      select tokens, nanos from model_spending where org_id = ${orgId} and day = ${dayOf(spender.since)}::date ${ofAgent}
      union all
      select reserved_tokens, reserved_nanos from model_calls as call
      where org_id = ${orgId} ${ofAgent} and ${isUnderWay(asking)}) as spent`;
}

/** In UTC. */
const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

/** Adds to what an agent has spent in a day. */
export async function addSpent(
  tx: Db,
  { orgId, agentId }: { orgId: string; agentId: string },
  { input, output, nanos }: { input: number; output: number; nanos: number | null },
  at: Date,
): Promise<void> {
  await sql`
    insert into model_spending as total (org_id, day, agent_id, tokens, nanos)
    values (${orgId}, ${dayOf(at)}::date, ${agentId}, ${input + output}, ${nanos ?? 0})
    on conflict (org_id, day, agent_id) do update
      set tokens = total.tokens + excluded.tokens, nanos = total.nanos + excluded.nanos`.execute(tx);
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
