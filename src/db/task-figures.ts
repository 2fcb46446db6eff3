import { sql } from 'kysely';
import type { Db } from './database.js';

/** What came of an agent's tasks. */
export interface AgentTaskFigures {
  agent_name: string;
  executions: number;
  completed: number;
  failed: number;
  cancelled: number;
  timed_out: number;
  /** Of those that have ended, in ms. */
  mean_ms: number | null;
  tokens: number;
  /** In 10⁻⁹ US dollars; null as soon as one price was not known. */
  cost_nanos: number | null;
}

/** Of tasks that were made since a moment, by agent; the 1,000 first by name. */
export async function agentTaskFigures(db: Db, orgId: string, since: Date): Promise<AgentTaskFigures[]> {
  const { rows } = await sql<AgentTaskFigures>`
    select agent_name, count(*)::int as executions,
      (count(*) filter (where status = 'completed'))::int as completed,
      (count(*) filter (where status = 'failed'))::int as failed,
      (count(*) filter (where status = 'cancelled'))::int as cancelled,
      (count(*) filter (where status = 'timed_out'))::int as timed_out,
      (extract(epoch from avg(completed_at - started_at)) * 1000)::float8 as mean_ms,
      sum(input_tokens + output_tokens)::float8 as tokens,
      case when bool_and(cost_nanos is not null) then sum(cost_nanos)::float8 end as cost_nanos
    from tasks where org_id = ${orgId} and created_at >= ${since}
    group by agent_name order by agent_name limit 1000`.execute(db);
  return rows;
}
