import { type RawBuilder, sql } from 'kysely';
import type { ErrorCategory } from '../schemas/task.js';
import type { Db } from './database.js';
import type { TaskRow } from './tasks.js';

/** Whose tasks, of all that an organisation has: of one agent, of the agents of a type, or (neither) of all. */
export interface TaskScope {
  orgId: string;
  whose?: { id: string } | { type: string } | undefined;
}

function isOf({ orgId, whose }: TaskScope): RawBuilder<boolean> {
  if (whose === undefined) return sql`org_id = ${orgId}`;
  if ('id' in whose) return sql`org_id = ${orgId} and agent_id = ${whose.id}`;
  return sql`org_id = ${orgId} and agent_type = ${whose.type}`;
}

/** A task without what was said in it. */
export type TaskSummaryRow = Omit<TaskRow, 'input' | 'output' | 'metadata' | 'prompt'>;

const SUMMARY = sql.raw(
  [
    ...['id', 'org_id', 'agent_id', 'agent_name', 'agent_type', 'method', 'priority', 'status', 'user_id'],
    ...[
      'session_id',
      'timeout_ms',
      'parent_id',
      'root_id',
      'depth',
      'error_category',
      'error_message',
      'model',
    ],
    ...['input_tokens', 'output_tokens', 'cost_nanos', 'created_at', 'started_at', 'completed_at'],
  ].join(', '),
);

/** Newest first; `total` counts all of them. */
export async function historyPage(
  db: Db,
  scope: TaskScope,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ rows: TaskSummaryRow[]; total: number }> {
  const { rows } = await sql<TaskSummaryRow>`
    select ${SUMMARY} from tasks where ${isOf(scope)}
    order by created_at desc, id desc limit ${limit} offset ${offset}`.execute(db);
  const counted = await sql<{ total: number }>`
    select count(*)::int as total from tasks where ${isOf(scope)}`.execute(db);
  return { rows, total: counted.rows[0]?.total ?? 0 };
}

/** What tasks came to, of one agent or (agent null) of all in the scope. */
export interface PerformanceRow {
  agentId: string | null;
  name: string | null;
  type: string | null;
  executions: number;
  completed: number;
  failed: number;
  /** Of those, what the agent can be blamed for. */
  faults: number;
  cancelled: number;
  averageMs: number | null;
  p50Ms: number | null;
  p99Ms: number | null;
  input: number;
  output: number;
  costNanos: number | null;
}

/** Failed of itself, rather than because somebody said so. */
const HAS_FAILED = sql`status in ('failed', 'timed_out')`;
/** What was asked was wrong, or something is not set up: that says nothing about how the agent does. */
const IS_FAULT = sql`error_category not in ('invalid_input', 'configuration', 'cancelled')`;
const DURATION = sql`extract(epoch from completed_at - started_at)::float8 * 1000`;
const HAS_RUN = sql`completed_at is not null and started_at is not null`;

/** Tasks that were made since a moment: one row for all together, one for each agent; the most used first. */
export async function performanceSince(
  db: Db,
  scope: TaskScope,
  { since, limit }: { since: Date; limit: number },
): Promise<PerformanceRow[]> {
  const { rows } = await sql<PerformanceRow>`
    select agent_id as "agentId", max(agent_name) as name, max(agent_type) as type,
      count(*)::int as executions,
      count(*) filter (where status = 'completed')::int as completed,
      count(*) filter (where ${HAS_FAILED})::int as failed,
      count(*) filter (where ${HAS_FAILED} and ${IS_FAULT})::int as faults,
      count(*) filter (where status = 'cancelled')::int as cancelled,
      avg(${DURATION}) filter (where ${HAS_RUN}) as "averageMs",
      percentile_disc(0.5) within group (order by ${DURATION}) filter (where ${HAS_RUN}) as "p50Ms",
      percentile_disc(0.99) within group (order by ${DURATION}) filter (where ${HAS_RUN}) as "p99Ms",
      coalesce(sum(input_tokens), 0)::float8 as input, coalesce(sum(output_tokens), 0)::float8 as output,
      case when count(*) = count(cost_nanos) then coalesce(sum(cost_nanos), 0)::float8 end as "costNanos"
    from tasks where ${isOf(scope)} and created_at >= ${since}
    group by grouping sets ((agent_id), ())
    order by grouping(agent_id) desc, count(*) desc, agent_id limit ${limit + 1}`.execute(db);
  return rows;
}

export interface FailureRow {
  agentId: string;
  category: ErrorCategory;
  count: number;
  latest: string;
  latestAt: Date;
}

/** Why tasks that were made since a moment came to nothing, with the latest message of each reason. */
export async function failuresSince(db: Db, scope: TaskScope, since: Date): Promise<FailureRow[]> {
  const { rows } = await sql<FailureRow>`
    select distinct on (agent_id, error_category)
      agent_id as "agentId", error_category as category, coalesce(error_message, '') as latest,
      completed_at as "latestAt", count(*) over (partition by agent_id, error_category)::int as count
    from tasks
    where ${isOf(scope)} and created_at >= ${since} and ${HAS_FAILED}
      and error_category is not null and completed_at is not null
    order by agent_id, error_category, completed_at desc`.execute(db);
  return rows;
}

/** Tasks of one agent that were made in one part of a period. */
export interface TrendRow {
  agentId: string;
  /** Of the period, from 0. */
  part: number;
  executions: number;
  completed: number;
  failed: number;
  /** Of those that ran, and how many they are: parts can be put together. */
  durationMs: number;
  ran: number;
}

/** Parts in which nothing was made have no row. */
export async function trendSince(
  db: Db,
  scope: TaskScope,
  { since, partMs }: { since: Date; partMs: number },
): Promise<TrendRow[]> {
  const { rows } = await sql<TrendRow>`
    select agent_id as "agentId",
      floor(extract(epoch from created_at - ${since}::timestamptz) * 1000 / ${partMs}::bigint)::int as part,
      count(*)::int as executions,
      count(*) filter (where status = 'completed')::int as completed,
      count(*) filter (where ${HAS_FAILED})::int as failed,
      coalesce(sum(${DURATION}) filter (where ${HAS_RUN}), 0) as "durationMs",
      count(*) filter (where ${HAS_RUN})::int as ran
    from tasks where ${isOf(scope)} and created_at >= ${since}
    group by 1, 2 order by 1, 2`.execute(db);
  return rows;
}
