import type { Kysely } from 'kysely';
import { applyChanges, failTimers } from '../db/attempts.js';
import type { Db } from '../db/database.js';
import { insertDeliveries, type NewDelivery, postponeDeliveries } from '../db/deliveries.js';
import { appendEvents } from '../db/events.js';
import type { Tables } from '../db/tables.js';
import { getTimer } from '../db/timers.js';
import type { Open } from '../domain/channel-target.js';
import { receiverOf } from '../domain/occurrence.js';
import type { Endpoint } from '../messages/endpoint.js';
import type { Channel } from '../schemas/delivery.js';
import type { Vault } from '../secrets/vault.js';
import { escalationOf } from './escalate.js';
import { deliveryEvents, disabledEvents, failedEvents } from './outcome-events.js';
import { type Outcome, type PlannedOutcome, planOutcome } from './plan-outcome.js';
import { recordCircuits } from './record-circuits.js';

export type { Outcome } from './plan-outcome.js';

/** What is to be written together. */
export interface Recording {
  orgId: string;
  outcomes: readonly Outcome[];
  /** Left to their receivers' endpoint workflows without an attempt. */
  postponed?: readonly { id: string; receiver: string }[];
  /** The receiver whose endpoint workflow asks: it runs already. */
  owned?: string;
  /** Run first in the transaction; when it throws, nothing is written. */
  guard?: (tx: Db) => Promise<void>;
  /**
   * Run in the transaction when the deliveries are written, before timers fail because of them; answers how many it
   * made fail itself.
   */
  finish?: (tx: Db) => Promise<number>;
}

export interface OutcomeRecorder {
  /**
   * Writes what became of deliveries with everything that follows: next attempts, circuits, escalations, failed
   * timers, events. The endpoint workflows that then own something are ensured before. An outcome whose row has gone
   * on meanwhile is passed over.
   */
  record(db: Kysely<Tables>, recording: Recording): Promise<void>;
}

export interface OutcomeRecorderOptions {
  starter: { ensureEndpoint(endpoint: Endpoint): Promise<void>; wakeEndpoint(endpoint: Endpoint): void };
  vault: Vault;
  /** Told how many timers failed. */
  onFailed?: (count: number) => void;
  /** Told of each attempt that was written. */
  onAttempt?: (channel: Channel, outcome: 'delivered' | 'failed' | 'dead', durationMs: number) => void;
  now?: () => number;
  random?: () => number;
}

export function createOutcomeRecorder(options: OutcomeRecorderOptions): OutcomeRecorder {
  const { starter, vault, onAttempt, onFailed, now = Date.now, random = Math.random } = options;
  const { open } = vault;

  return {
    async record(db, recording) {
      const planned = recording.outcomes.map((outcome) => planOutcome(outcome, random(), now()));
      const owners = ownersOf(recording, planned, open);
      await Promise.all(owners.map((owner) => starter.ensureEndpoint(owner)));
      const { written, failed } = await db
        .transaction()
        .execute((tx) => write(tx, recording, planned, { at: now(), open }));
      for (const owner of owners) starter.wakeEndpoint(owner);
      if (failed > 0) onFailed?.(failed);
      for (const { delivery, change } of written) {
        if (change.attempt)
          onAttempt?.(delivery.channel, countedAs(change.status), change.attempt.durationMs);
      }
    },
  };
}

const countedAs = (status: PlannedOutcome['change']['status']) =>
  status === 'delivered' || status === 'dead' ? status : 'failed';

/** Receivers that own something once this is written. */
function ownersOf(
  { orgId, postponed = [], owned }: Recording,
  planned: readonly PlannedOutcome[],
  open: Open,
): Endpoint[] {
  const receivers = new Set(postponed.map(({ receiver }) => receiver));
  for (const { delivery, change, isEscalated } of planned) {
    if (change.status === 'pending') receivers.add(delivery.receiver);
    if (isEscalated && delivery.escalation) receivers.add(receiverOf(delivery.escalation.action, open));
  }
  return [...receivers].filter((receiver) => receiver !== owned).map((receiver) => ({ orgId, receiver }));
}

/** Answers the outcomes that were applied, and how many timers failed. */
async function write(
  tx: Db,
  { orgId, postponed = [], guard, finish }: Recording,
  planned: readonly PlannedOutcome[],
  { at, open }: { at: number; open: Open },
): Promise<{ written: PlannedOutcome[]; failed: number }> {
  await guard?.(tx);
  const applied = await applyChanges(
    tx,
    planned.map(({ change }) => change),
  );
  const written = planned.filter(({ change }) => applied.has(`${change.orgId}/${change.id}`));
  const disabled = await recordCircuits(tx, written, at);
  await insertDeliveries(tx, await escalationsOf(tx, written, at, open), at);
  const postponedIds = postponed.map(({ id }) => id);
  await postponeDeliveries(tx, orgId, postponedIds, at);
  const failedAtOnce = (await finish?.(tx)) ?? 0;
  const dead = written.filter(({ change }) => change.status === 'dead');
  const timersOfDead = dead.flatMap(({ delivery }) => delivery.timerId ?? []);
  const failed = await failTimers(tx, orgId, timersOfDead);
  const told = [
    ...written.flatMap(deliveryEvents),
    ...failedEvents(orgId, failed),
    ...disabledEvents(disabled),
  ];
  await appendEvents(tx, told);
  return { written, failed: failedAtOnce + failed.length };
}

async function escalationsOf(
  tx: Db,
  written: readonly PlannedOutcome[],
  at: number,
  open: Open,
): Promise<NewDelivery[]> {
  const escalations: NewDelivery[] = [];
  for (const { delivery, isEscalated } of written) {
    if (!isEscalated || delivery.timerId === null) continue;
    const timer = await getTimer(tx, { orgId: delivery.orgId, tenants: null }, delivery.timerId);
    if (timer) escalations.push(...escalationOf(delivery, timer, at, open));
  }
  return escalations;
}
