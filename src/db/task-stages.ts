import { sql } from 'kysely';
import type { Stage } from '../schemas/task.js';
import type { Db } from './database.js';
import type { TaskRow } from './tasks.js';

type Of = Pick<TaskRow, 'org_id' | 'id'>;

/** What the stages of a task that are over came to. */
export async function stagesOf(db: Db, { org_id: orgId, id }: Of): Promise<Map<Stage, unknown>> {
  const rows = await db
    .selectFrom('task_stages')
    .select(['stage', 'output'])
    .where('org_id', '=', orgId)
    .where('task_id', '=', id)
    .execute();
  return new Map(rows.map(({ stage, output }) => [stage, output]));
}

/** Writes what a stage came to; false where that stood already. */
export async function insertStage(
  db: Db,
  { org_id, id }: Of,
  stage: Stage,
  output: unknown,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('task_stages')
    .values({ org_id, task_id: id, stage, output: JSON.stringify(output ?? null) })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

/** What an agent's code counted, to the hour. */
export async function addMetrics(
  db: Db,
  { org_id: orgId, agent_id: agentId }: Pick<TaskRow, 'org_id' | 'agent_id'>,
  metrics: ReadonlyMap<string, number>,
  at: Date,
): Promise<void> {
  if (metrics.size === 0) return;
  const rows = [...metrics].map(([name, add]) => ({ name, add }));
  await sql`
    insert into agent_metrics (org_id, agent_id, hour, name, total)
    select ${orgId}, id, date_trunc('hour', ${at}::timestamptz), name, add
    from json_to_recordset(${JSON.stringify(rows)}::json) as metric (name text, add double precision)
      cross join (select id from agents where org_id = ${orgId} and id = ${agentId}) as agent
    on conflict (agent_id, hour, name) do update set total = agent_metrics.total + excluded.total`.execute(
    db,
  );
}
