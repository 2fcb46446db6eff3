import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Database } from '../db/database.js';
import { dueStretch } from '../db/windows.js';
import type { Starter } from '../engine/starter.js';
import type { Log } from '../log.js';

/** Takes some hundred starts a second, and leaves others their share of a server's rate. */
const AT_ONCE = 20;

/**
 * Starts the owners of all scheduled timers again, the nearest first; answers how many due moments it has seen to. An
 * owner that runs already stays as it is. One stretch of time is in memory at a time, however many timers there are.
 */
export function createRestoreOwners({
  database,
  starter,
  log,
  now = Date.now,
}: {
  database: Database;
  starter: Pick<Starter, 'ensureOwners'>;
  log: Log;
  now?: () => number;
}) {
  return async function restoreOwners(): Promise<number> {
    let from = new Date(activityInfo().heartbeatDetails ?? 0);
    let count = 0;
    const nextStretch = () => dueStretch(database.db, { from, now: new Date(now()) });
    for (let stretch = await nextStretch(); stretch !== null; stretch = await nextStretch()) {
      const { moments, until } = stretch;
      for (let start = 0; start < moments.length; start += AT_ONCE) {
        cancellationSignal().throwIfAborted();
        const some = moments.slice(start, start + AT_ONCE);
        await Promise.all(some.map(({ orgId, fireAt }) => starter.ensureOwners(orgId, fireAt)));
        heartbeat(from.getTime());
      }
      count += moments.length;
      from = until;
      heartbeat(from.getTime());
    }
    if (count > 0) log.warn(`Owners of timers were started again, for ${count} moments`);
    return count;
  };
}
