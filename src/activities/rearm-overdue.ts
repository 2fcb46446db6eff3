import { overdueAgents } from '../db/agent-sessions.js';
import type { Database } from '../db/database.js';
import { overdueReceivers } from '../db/deliveries.js';
import { vacuumHeartbeats } from '../db/retention.js';
import { type TaskRow, takeOverdueTasks } from '../db/tasks.js';
import { overdueWindows } from '../db/timers.js';
import type { Starter } from '../engine/starter.js';
import type { Log } from '../log.js';
import type { Scheduling } from '../schedules/scheduling.js';

/** What is later than this has lost its owner, or its owner is late: asking for it again harms nobody. */
const OVERDUE_MS = 10_000;
/** Tasks that wait their turn are asked for as well, each once a minute: no more than this in a round. */
const MOST_TASKS = 100;

/** How many owners were asked for. */
export interface Rearmed {
  windows: number;
  endpoints: number;
  agents: number;
  tasks: number;
  schedules: number;
}

/**
 * Starts the owner of everything that is overdue: windows of timers, endpoints of deliveries, agents that are silent,
 * tasks that did not begin or end, schedules whose change Temporal did not learn of.
 * Then it frees what heartbeats have left behind since the last time.
 */
export function createRearmOverdue({
  database,
  starter,
  scheduling,
  log,
  now = Date.now,
}: {
  database: Database;
  starter: Pick<
    Starter,
    'ensureWindow' | 'ensureEndpoint' | 'wakeEndpoint' | 'tellAgent' | 'startTask' | 'tellTask'
  >;
  scheduling: Pick<Scheduling, 'applyOverdue'>;
  log: Log;
  now?: () => number;
}) {
  /** The first time it is told as well: the workflow of a start that got no answer may wait for another moment. */
  async function rearmTask({ org_id: orgId, id: taskId, priority, agent_id: agentId, rearmed }: TaskRow) {
    const rearm = rearmed === 1 ? starter.tellTask : starter.startTask;
    await rearm({ orgId, taskId }, { priority, agentId });
  }

  return async function rearmOverdue(): Promise<Rearmed> {
    const before = new Date(now() - OVERDUE_MS);
    const windows = await overdueWindows(database.db, before);
    for (const { orgId, windowAt } of windows) await starter.ensureWindow(orgId, windowAt);
    const receivers = await overdueReceivers(database.db, before);
    for (const endpoint of receivers) {
      await starter.ensureEndpoint(endpoint);
      starter.wakeEndpoint(endpoint);
    }
    const agents = await overdueAgents(database.db, { now: new Date(now()), graceMs: OVERDUE_MS });
    for (const agent of agents) await starter.tellAgent(agent);
    const tasks = await takeOverdueTasks(database.db, { now: new Date(now()), limit: MOST_TASKS });
    for (const task of tasks) await rearmTask(task);
    const rearmed = {
      ...{ windows: windows.length, endpoints: receivers.length },
      ...{ agents: agents.length, tasks: tasks.length },
      schedules: await scheduling.applyOverdue(before),
    };
    if (Object.values(rearmed).some((count) => count > 0)) log.warn(rearmed, 'Overdue work was re-armed');
    await vacuumHeartbeats(database);
    return rearmed;
  };
}
