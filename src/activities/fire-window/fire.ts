import { setTimeout as delay } from 'node:timers/promises';
import { holdWindow } from '../../db/windows.js';
import type { Channels, OutgoingDelivery } from '../channels/channel.js';
import type { Outcome } from '../record-outcomes.js';
import { verdictOf } from '../verdict.js';
import { type ClaimContext, type Firing, OvertakenError } from './claim.js';
import type { FinishedFiring } from './outcome-writer.js';
import type { ReceiverGate } from './receiver-gate.js';

/** A claim that lay longer than this may have been overtaken (the process was stopped): its row is asked again. */
const TRUSTED_MS = 2_000;

export interface FireOptions extends Pick<ClaimContext, 'database' | 'window' | 'epoch'> {
  channels: Channels;
  gate: ReceiverGate;
  now: () => number;
}

/** Waits for the due moment, never sends before it, and makes the first attempt of each delivery. */
export async function fire(options: FireOptions, firing: Firing): Promise<FinishedFiring> {
  const { now } = options;
  // A timer of the runtime may wake a millisecond early.
  const dueAt = firing.dueAt ?? 0;
  while (now() < dueAt) await delay(dueAt - now());
  const startedAt = now();
  if (startedAt - Math.max(firing.claimedAt, dueAt) > TRUSTED_MS) await assertOurs(options);
  const outcomes: Outcome[] = [];
  const postponed: FinishedFiring['postponed'] = [];
  await inLanes(firing.deliveries, firing.concurrency, async (delivery) => {
    const outcome = await attempt(options, delivery);
    if (outcome) outcomes.push(outcome);
    else postponed.push({ id: delivery.id, receiver: delivery.receiver });
  });
  const latenessMs = firing.dueAt === null ? null : startedAt - firing.dueAt;
  const timer = { id: firing.timerId, firedAt: new Date(startedAt), latenessMs };
  return { timer, outcomes, postponed };
}

async function assertOurs({ database, window, epoch }: FireOptions): Promise<void> {
  if (!(await holdWindow(database.db, window, epoch))) throw new OvertakenError();
}

/** Null when the receiver failed too often in a row to be tried here. */
async function attempt(
  { channels, gate, now }: FireOptions,
  delivery: OutgoingDelivery,
): Promise<Outcome | null> {
  let startedAt = now();
  const result = await gate.run(
    delivery.receiver,
    () => {
      startedAt = now();
      return channels[delivery.channel].deliver(delivery);
    },
    verdictOf,
  );
  return result && { delivery, result, at: new Date(startedAt), durationMs: now() - startedAt };
}

async function inLanes<T>(
  items: readonly T[],
  lanes: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const lane = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, queue.length) }, lane));
}
