import { readDeliveries } from '../../db/attempts.js';
import { takeOverDeliveries, unfinishedTimers } from '../../db/claims.js';
import { holdWindow } from '../../db/windows.js';
import { type ClaimContext, type Firing, MOST_ACTIONS, OvertakenError } from './claim.js';

/**
 * What older epochs of the window left behind: deliveries whose end nobody knows go out again, byte for byte under
 * their ids; timers that lack nothing but the word are finished.
 */
export async function takeOver({ database, window, epoch }: ClaimContext, now: number): Promise<Firing[]> {
  return database.db.transaction().execute(async (tx) => {
    if (!(await holdWindow(tx, window, epoch))) throw new OvertakenError();
    const taken = await takeOverDeliveries(tx, window, epoch);
    const orphans = await readDeliveries(tx, window.orgId, taken);
    const unfinished = await unfinishedTimers(tx, window, epoch);
    const firings = new Map<string, Firing>(
      unfinished.map(({ id, fireAt, concurrency }) => [
        id,
        {
          timerId: id,
          dueAt: fireAt.getTime(),
          claimedAt: now,
          concurrency: concurrency ?? MOST_ACTIONS,
          deliveries: [],
        },
      ]),
    );
    for (const orphan of orphans) {
      // A repeating timer has gone on: when this occurrence was due stands nowhere any more.
      const firing =
        firings.get(orphan.timerId ?? orphan.id) ?? ofRepeating(orphan.timerId ?? orphan.id, now);
      firing.deliveries.push(orphan);
      firings.set(firing.timerId, firing);
    }
    return [...firings.values()];
  });
}

const ofRepeating = (timerId: string, now: number): Firing => ({
  timerId,
  dueAt: null,
  claimedAt: now,
  concurrency: MOST_ACTIONS,
  deliveries: [],
});
