import { overdueAgents } from '../db/agent-sessions.js';
import type { Database } from '../db/database.js';
import { overdueReceivers } from '../db/deliveries.js';
import { vacuumHeartbeats } from '../db/retention.js';
import { overdueWindows } from '../db/timers.js';
import type { Starter } from '../engine/starter.js';
import type { Log } from '../log.js';

/** What is later than this has lost its owner, or its owner is late: asking for it again harms nobody. */
const OVERDUE_MS = 10_000;

/** How many owners were asked for. */
export interface Rearmed {
  windows: number;
  endpoints: number;
  agents: number;
}

/**
 * Starts the owner of everything that is overdue: windows of timers, endpoints of deliveries, agents that are silent.
 * Then it frees what heartbeats have left behind since the last time.
 */
export function createRearmOverdue({
  database,
  starter,
  log,
  now = Date.now,
}: {
  database: Database;
  starter: Pick<Starter, 'ensureWindow' | 'ensureEndpoint' | 'wakeEndpoint' | 'tellAgent'>;
  log: Log;
  now?: () => number;
}) {
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
    const rearmed = { windows: windows.length, endpoints: receivers.length, agents: agents.length };
    if (Object.values(rearmed).some((count) => count > 0)) log.warn(rearmed, 'Overdue work was re-armed');
    await vacuumHeartbeats(database);
    return rearmed;
  };
}
