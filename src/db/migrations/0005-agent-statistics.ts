import type { Kysely } from 'kysely';
import { plantStatistics } from '../planner-statistics.js';

/**
 * 2,000 agents of one organisation, a hundred sessions each. Without it the planner takes the agents that a batch of
 * heartbeats names for most of a small table.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await plantStatistics(db, {
    agents: { rows: 2_000, pages: 400, distinct: { org_id: 1, id: -1, name: -1, created_at: -1 } },
    agent_sessions: { rows: 200_000, pages: 6_000, distinct: { id: -1, org_id: 1, agent_id: 2_000 } },
    agent_usage: { rows: 500_000, pages: 8_000, distinct: { org_id: 1, agent_id: 2_000, hour: 2_000 } },
    tools: { rows: 200, pages: 20, distinct: { id: -1, org_id: 1, name: -1 } },
    instructions: { rows: 200, pages: 50, distinct: { id: -1, org_id: 1, agent_id: -0.5 } },
    instruction_assignments: { rows: 10_000, pages: 100, distinct: { instruction_id: 20, agent_id: 2_000 } },
    events: { rows: 100_000, pages: 2_500, distinct: { subject: -0.2 } },
  });
}
