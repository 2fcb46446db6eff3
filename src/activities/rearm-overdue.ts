import { overdueAgents } from '../db/agent-sessions.js';
import { forgottenBrokers } from '../db/brokers.js';
import type { Database } from '../db/database.js';
import { overdueReceivers } from '../db/deliveries.js';
import { vacuumHeartbeats } from '../db/retention.js';
import { overdueSupervisions } from '../db/supervision.js';
import { type TaskRow, takeOverdueTasks } from '../db/tasks.js';
import { overdueWindows } from '../db/timers.js';
import type { Starter } from '../engine/starter.js';
import type { Log } from '../log.js';
import { rearmMail } from '../mailboxes/rearm.js';
import type { Scheduling } from '../schedules/scheduling.js';

/** What is later than this has lost its owner, or its owner is late: asking for it again harms nobody. */
const OVERDUE_MS = 10_000;
/** Tasks that wait their turn are asked for as well, each once a minute: no more than this in a round. */
const MOST_TASKS = 100;
/** Whoever keeps the connection to a broker, or tries to, says so more often. */
const BROKER_SILENCE_MS = 90_000;

/** A container takes its time to start, and to end. */
const SUPERVISION_LATE_MS = 30_000;

/** How many owners were asked for. */
export interface Rearmed {
  windows: number;
  endpoints: number;
  agents: number;
  tasks: number;
  schedules: number;
  /** Agents with mail that was too old, or leased too long. */
  mail: number;
  brokers: number;
  supervisors: number;
}

/**
 * Starts the owner of everything that is overdue: windows of timers, endpoints of deliveries, agents that are silent,
 * tasks that did not begin or end, schedules whose change Temporal did not learn of, mailboxes with mail that is due.
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
    | 'ensureWindow'
    | 'ensureEndpoint'
    | 'wakeEndpoint'
    | 'tellAgent'
    | 'startTask'
    | 'tellTask'
    | 'tellBroker'
    | 'tellSupervisor'
    | 'ensureMailbox'
    | 'wakeMailbox'
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
    const brokers = await forgottenBrokers(database.db, new Date(now() - BROKER_SILENCE_MS));
    for (const broker of brokers) await starter.tellBroker(broker);
    const supervised = await overdueSupervisions(database.db, {
      now: new Date(now()),
      graceMs: SUPERVISION_LATE_MS,
    });
    for (const agent of supervised) await starter.tellSupervisor(agent);
    const rearmed = {
      ...{ windows: windows.length, endpoints: receivers.length },
      ...{ agents: agents.length, tasks: tasks.length },
      ...{ brokers: brokers.length, supervisors: supervised.length },
      schedules: await scheduling.applyOverdue(before),
      mail: await rearmMail({ database, starter }, { now: new Date(now()), before }),
    };
    if (Object.values(rearmed).some((count) => count > 0)) log.warn(rearmed, 'Overdue work was re-armed');
    await vacuumHeartbeats(database);
    return rearmed;
  };
}
