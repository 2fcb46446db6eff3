import { readDeliveries } from '../../db/attempts.js';
import { takeOverDeliveries, unfinishedTimers } from '../../db/claims.js';
import type { ClaimContext, Firing } from './claim.js';

/**
 * What older epochs of the window left behind: deliveries whose end nobody knows go out again, byte for byte under
 * their ids; timers that lack nothing but the word are finished.
 */
export async function takeOver({ database, window, epoch }: ClaimContext, now: number): Promise<Firing[]> {
  const taken = await takeOverDeliveries(database.db, window, epoch);
  const orphans = await readDeliveries(database.db, window.orgId, taken);
  const unfinished = await unfinishedTimers(database.db, window, epoch);
  const firings = new Map<string, Firing>(
    unfinished.map(({ id, fireAt }) => [id, firingOf(id, fireAt.getTime(), now)]),
  );
  for (const orphan of orphans) {
    const timerId = orphan.timerId ?? orphan.id;
    const firing = firings.get(timerId) ?? firingOf(timerId, now, now);
    firing.deliveries.push(orphan);
    firings.set(timerId, firing);
  }
  return [...firings.values()];
}

const firingOf = (timerId: string, dueAt: number, now: number): Firing => ({
  timerId,
  dueAt,
  claimedAt: now,
  concurrency: 20,
  deliveries: [],
});
