import { sql } from 'kysely';
import type { Db } from './database.js';

/** A report lists so many tools, models or metrics at most: those that were used most. */
const MOST = 1_000;

export interface ToolUse {
  name: string;
  calls: number;
  failed: number;
  refused: number;
  averageMs: number | null;
}

/** How tools did that tasks of an organisation called since a moment. */
export async function toolUseSince(db: Db, orgId: string, since: Date): Promise<ToolUse[]> {
  const { rows } = await sql<ToolUse>`
    select name, count(*)::int as calls,
      count(*) filter (where status = 'failed')::int as failed,
      count(*) filter (where status in ('refused', 'rejected'))::int as refused,
      avg(duration_ms)::float8 as "averageMs"
    from tool_calls where org_id = ${orgId} and created_at >= ${since}
    group by name order by count(*) desc, name limit ${MOST}`.execute(db);
  return rows;
}

export interface ModelUse {
  provider: string;
  model: string;
  calls: number;
  failed: number;
  input: number;
  output: number;
  costNanos: number | null;
}

/** How models did, those that no provider was found for left out. */
export async function modelUseSince(db: Db, orgId: string, since: Date): Promise<ModelUse[]> {
  const { rows } = await sql<ModelUse>`
    select provider, model, count(*)::int as calls,
      count(*) filter (where status = 'failed')::int as failed,
      sum(input_tokens)::float8 as input, sum(output_tokens)::float8 as output,
      case when count(*) = count(cost_nanos) then sum(cost_nanos)::float8 end as "costNanos"
    from model_calls
    where org_id = ${orgId} and started_at >= ${since} and provider is not null and model is not null
    group by provider, model order by count(*) desc, provider, model limit ${MOST}`.execute(db);
  return rows;
}

export interface OwnMetric {
  agentId: string;
  name: string;
  total: number;
}

/** What agents' own code counted since a moment, the hour that the moment lies in as a whole. */
export async function ownMetricsSince(db: Db, orgId: string, since: Date): Promise<OwnMetric[]> {
  const { rows } = await sql<OwnMetric>`
    select agent_metrics.agent_id as "agentId", agent_metrics.name, sum(total)::float8 as total
    from agents join agent_metrics on agent_metrics.agent_id = agents.id
    where agents.org_id = ${orgId} and agent_metrics.org_id = ${orgId}
      and hour > ${since}::timestamptz - interval '1 hour'
    group by 1, 2 order by 1, 2 limit ${MOST}`.execute(db);
  return rows;
}
