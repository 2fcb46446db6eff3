import { type Kysely, sql } from 'kysely';
import { plantStatistics } from '../planner-statistics.js';

/** What was spent in a day as a running total, so that a daily limit is checked without reading the day's calls. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  await plantStatistics(db, {
    model_spending: { rows: 2_000, pages: 40, distinct: { org_id: 1, agent_id: 20, day: 100 } },
  });
}

const STATEMENTS = [
  `create table model_spending (
    org_id text not null references orgs (id),
    day date not null,
    agent_id text not null,
    tokens bigint not null,
    nanos bigint not null,
    primary key (org_id, day, agent_id)
  )`,
  `insert into model_spending (org_id, day, agent_id, tokens, nanos)
    select org_id, (started_at at time zone 'UTC')::date, agent_id, sum(input_tokens + output_tokens), sum(coalesce(cost_nanos, 0))
    from model_calls
    where started_at >= date_trunc('day', now() at time zone 'UTC') at time zone 'UTC'
    group by 1, 2, 3`,
  // The few that are under way: what they may come to counts as well.
  `create index model_calls_reserved on model_calls (org_id, agent_id) where reserved_tokens > 0`,
  // Turns of a session stood under a key that code and people could write, too.
  `update agent_memories set key = '~conversation'
    where key = 'conversation' and json_typeof(value) = 'array' and value -> 0 ->> 'taskId' is not null`,
];
