import { type Claim, type ClaimedTimer, claimTimers, type DueTimer } from '../../db/claims.js';
import type { Database } from '../../db/database.js';
import { insertDeliveries, type NewDelivery } from '../../db/deliveries.js';
import { holdWindow, type WindowKey } from '../../db/windows.js';
import { freeze } from '../../domain/occurrence.js';
import { windowOf } from '../../domain/owner.js';
import { missedOf, nextOccurrence } from '../../domain/repeat.js';
import type { Vault } from '../../secrets/vault.js';
import type { OutgoingDelivery } from '../channels/channel.js';

/** As many actions as a bundle may have. */
export const MOST_ACTIONS = 20;

/** Another worker armed the window: what this one still holds of it is not its own any more. */
export class OvertakenError extends Error {}

/** A claimed timer with what is to be sent for it. */
export interface Firing {
  timerId: string;
  /** Ms since 1970; nothing is sent before. Null after a take-over where it is no longer known. */
  dueAt: number | null;
  claimedAt: number;
  concurrency: number;
  deliveries: OutgoingDelivery[];
}

/** What a claim brought: timers to fire, and receivers whose circuit leaves their deliveries to their endpoints. */
export interface Claimed {
  firings: Firing[];
  leftToEndpoints: string[];
}

export interface ClaimContext {
  database: Database;
  vault: Vault;
  window: WindowKey;
  epoch: number;
}

const claimOf = (timer: DueTimer, now: number): Claim => {
  const next = timer.series && nextOccurrence(timer.series, now);
  const fireAt = new Date(timer.fireAt);
  if (!next) return { id: timer.id, fireAt, next: null };
  const nextFireAt = new Date(next.fireAt);
  return {
    id: timer.id,
    fireAt,
    next: { fireAt: nextFireAt, windowAt: windowOf(nextFireAt), occurrence: next.occurrence },
  };
};

/**
 * Takes due timers and freezes their deliveries in one transaction under the window's epoch. Answers what this
 * arming may now send; what was cancelled or moved meanwhile is not in it.
 */
export async function claim(context: ClaimContext, due: DueTimer[], now: number): Promise<Claimed> {
  const { database, window, epoch } = context;
  const byId = new Map(due.map((timer) => [timer.id, timer]));
  return database.db.transaction().execute(async (tx) => {
    if (!(await holdWindow(tx, window, epoch))) throw new OvertakenError();
    const claimed = await claimTimers(
      tx,
      window,
      epoch,
      due.map((timer) => claimOf(timer, now)),
    );
    const planned = claimed.flatMap((timer) => {
      const known = byId.get(timer.id);
      return known ? [plan(context, timer, known, now)] : [];
    });
    const fates = await insertDeliveries(
      tx,
      planned.flatMap(({ deliveries }) => deliveries),
      now,
    );
    const isOurs = ({ id }: NewDelivery) => fates.get(id) === 'sending';
    const left = planned.flatMap(({ deliveries }) => deliveries.filter((delivery) => !isOurs(delivery)));
    return {
      firings: planned.map(({ firing, deliveries }) => ({
        ...firing,
        deliveries: deliveries.filter(isOurs).map((delivery) => ({ ...delivery, attemptNumber: 1 })),
      })),
      leftToEndpoints: [...new Set(left.map(({ receiver }) => receiver))],
    };
  });
}

function plan({ vault, window, epoch }: ClaimContext, timer: ClaimedTimer, due: DueTimer, now: number) {
  const { actions = [], concurrency, retryPolicy = {} } = timer.action_bundle ?? {};
  const occurrence = {
    orgId: window.orgId,
    timerId: timer.id,
    tenantId: timer.tenant_id,
    requestedBy: timer.requested_by,
    name: timer.name,
    number: due.series?.occurrence ?? 1,
    missed: due.series ? missedOf(due.series, now) : 0,
    isRepeating: due.series !== null,
    fireAt: new Date(due.fireAt),
    firedAt: new Date(Math.max(due.fireAt, now)),
    actions,
    retryPolicy,
  };
  const deliveries: NewDelivery[] = freeze(occurrence, vault.open).map((delivery) => ({
    ...delivery,
    orgId: window.orgId,
    timerId: timer.id,
    taskId: null,
    subscriptionId: null,
    tenantId: timer.tenant_id,
    status: 'sending',
    windowAt: window.startsAt,
    epoch,
    nextAttemptAt: new Date(due.fireAt),
  }));
  const firing = {
    timerId: timer.id,
    dueAt: due.fireAt,
    claimedAt: now,
    concurrency: concurrency ?? MOST_ACTIONS,
  };
  return { firing, deliveries };
}
