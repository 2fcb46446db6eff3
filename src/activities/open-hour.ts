import { heartbeat } from '@temporalio/activity';
import type { Database } from '../db/database.js';
import { windowsBetween } from '../db/timers.js';
import { HOUR_MS } from '../domain/owner.js';
import type { Starter } from '../engine/starter.js';
import type { TimerHour } from '../messages/timer-hour.js';

/** Ensures the windows of an hour in which timers stand; answers how many. */
export function createOpenHour(database: Database, starter: Pick<Starter, 'ensureWindow'>) {
  return async function openHour({ orgId, startsAt }: TimerHour): Promise<number> {
    const from = new Date(startsAt);
    const windows = await windowsBetween(database.db, orgId, from, new Date(from.getTime() + HOUR_MS));
    for (const windowAt of windows) {
      await starter.ensureWindow(orgId, windowAt);
      heartbeat();
    }
    return windows.length;
  };
}
