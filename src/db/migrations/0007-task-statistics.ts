import type { Kysely } from 'kysely';
import { plantStatistics } from '../planner-statistics.js';

/** A hundred thousand tasks of a few agents, with two calls of tools and of a model each. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const ofTasks = { org_id: 1, task_id: 100_000 };
  const ofOrg = { id: -1, org_id: 1 };
  await plantStatistics(db, {
    tasks: {
      rows: 100_000,
      pages: 12_000,
      distinct: { ...ofOrg, agent_id: 20, status: 8, root_id: -1, created_at: -1, overdue_at: 50 },
    },
    task_messages: { rows: 500_000, pages: 60_000, distinct: { ...ofTasks, position: 20 } },
    task_stages: { rows: 100_000, pages: 6_000, distinct: { ...ofTasks, stage: 7 } },
    model_calls: {
      rows: 200_000,
      pages: 20_000,
      distinct: { ...ofTasks, ...ofOrg, root_id: 100_000, agent_id: 20, started_at: -1 },
    },
    tool_calls: {
      rows: 200_000,
      pages: 30_000,
      distinct: { ...ofTasks, ...ofOrg, agent_id: 20, created_at: -1 },
    },
    agent_metrics: { rows: 10_000, pages: 150, distinct: { agent_id: 20, org_id: 1, hour: 500, name: 10 } },
    agent_memories: {
      rows: 10_000,
      pages: 1_000,
      distinct: { agent_id: 20, org_id: 1, session_id: 1_000, key: 100 },
    },
    listings: { rows: 10_000, pages: 400, distinct: { ...ofOrg, category: 50, status: 3, created_at: -1 } },
    sales: { rows: 50_000, pages: 1_000, distinct: { ...ofOrg, category: 50, sold_at: -1 } },
    user_activities: { rows: 50_000, pages: 1_500, distinct: { ...ofOrg, user_id: 1_000, at: -1 } },
    notifications: { rows: 10_000, pages: 300, distinct: { ...ofOrg, user_id: 1_000, created_at: -1 } },
  });
}
