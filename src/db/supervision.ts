import { sql } from 'kysely';
import type { ContainerState, HealthState } from '../schemas/hosting.js';
import type { AgentRow } from './agents.js';
import type { Db } from './database.js';

export interface SupervisionColumns {
  container: ContainerState | null;
  health: HealthState | null;
}

/** How an agent is kept, as it was last seen: no change that a person made. */
export async function writeSupervision(
  tx: Db,
  agent: Pick<AgentRow, 'id'>,
  { container, health }: SupervisionColumns,
): Promise<void> {
  await tx
    .updateTable('agents')
    .set({ container: JSON.stringify(container), health: JSON.stringify(health) })
    .where('id', '=', agent.id)
    .execute();
}

/** A container that ends again and again waits so long for its next start. */
const LONGEST_REST_MS = 60_000;

/**
 * Agents whose supervisor should have been at work: whose container is not as their lifecycle says, or which were not
 * checked for three intervals and `graceMs`.
 */
export async function overdueSupervisions(
  db: Db,
  { now, graceMs }: { now: Date; graceMs: number },
): Promise<{ orgId: string; agentId: string }[]> {
  const before = new Date(now.getTime() - graceMs);
  const { rows } = await sql<{ org_id: string; id: string }>`
    select org_id, id from agents
    where (image is not null or health_url is not null or (container is not null and container::text <> 'null'))
      and (
        (lifecycle = 'running' and not is_suspended and updated_at < ${before}
          and (image is null or coalesce(container ->> 'status', 'none') not in ('stopped', 'failed')
            or container ->> 'id' is null)
          and greatest(
              coalesce((container ->> 'at')::timestamptz, updated_at),
              coalesce((health ->> 'at')::timestamptz, updated_at))
            + (3 * health_interval_ms + case when container ->> 'status' = 'restarting' then ${LONGEST_REST_MS} else 0 end)
              * interval '1 millisecond' < ${before})
        or (lifecycle = 'paused' and not is_suspended and updated_at < ${before}
          and container ->> 'status' in ('starting', 'running', 'restarting'))
        or ((is_suspended or lifecycle in ('created', 'stopped')) and updated_at < ${before}
          and container ->> 'status' in ('starting', 'running', 'restarting', 'paused')))
    limit 1000`.execute(db);
  return rows.map((row) => ({ orgId: row.org_id, agentId: row.id }));
}
