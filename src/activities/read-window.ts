import type { Database } from '../db/database.js';
import { describeWindow } from '../db/timers.js';
import type { TimerWindow, WindowState } from '../messages/timer-window.js';

const MOST_SHOWN = 20;

/** What stands in a window, for its query and its details. */
export function createReadWindow(database: Database) {
  return async function readWindow({
    orgId,
    startsAt,
  }: TimerWindow): Promise<Pick<WindowState, 'counts' | 'next'>> {
    return describeWindow(database.db, orgId, new Date(startsAt), MOST_SHOWN);
  };
}
