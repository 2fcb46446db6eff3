import { randomUUID } from 'node:crypto';
import type { OutgoingDelivery } from '../../src/activities/channels/channel.js';
import type { Db } from '../../src/db/database.js';
import type { NewDelivery } from '../../src/db/deliveries.js';
import { insertTimers, type NewTimer } from '../../src/db/timers.js';
import { windowOf } from '../../src/domain/owner.js';

/** A delivery of a timer's first action, about to be sent under epoch 1. */
export function aDelivery(given: Partial<NewDelivery> = {}): NewDelivery {
  const timerId = given.timerId ?? randomUUID();
  const url = 'https://agents.example.com/hook';
  return {
    orgId: 'org',
    id: `${timerId}.1.0`,
    timerId,
    taskId: null,
    subscriptionId: null,
    tenantId: 'tenant',
    channel: 'webhook',
    receiver: 'https://agents.example.com',
    request: { method: 'POST', url },
    body: JSON.stringify({ timer_id: timerId, fire_at: '2030-01-31T09:00:00.000Z' }),
    policy: {},
    escalation: null,
    occurrence: 1,
    dueAt: new Date('2030-01-31T09:00:00Z'),
    firedAt: new Date('2030-01-31T09:00:00Z'),
    status: 'sending',
    windowAt: new Date('2030-01-31T09:00:00Z'),
    epoch: 1,
    nextAttemptAt: null,
    ...given,
  };
}

/** One that belongs to its receiver's endpoint workflow and is due. */
export const aPending = (given: Partial<NewDelivery> = {}): NewDelivery =>
  aDelivery({ status: 'pending', windowAt: null, epoch: null, nextAttemptAt: new Date(0), ...given });

export const outgoing = (delivery: NewDelivery, given: Partial<OutgoingDelivery> = {}): OutgoingDelivery => ({
  ...delivery,
  attemptNumber: 1,
  ...given,
});

/** A timer without actions. */
export function aTimer(given: Partial<NewTimer> = {}): NewTimer {
  const fireAt = given.fireAt ?? new Date('2030-01-31T09:00:00Z');
  return {
    orgId: 'org',
    id: randomUUID(),
    tenantId: 'tenant',
    requestedBy: 'tests',
    name: 'a timer',
    durationMs: 1_000,
    fireAt,
    windowAt: windowOf(fireAt),
    metadata: {},
    labels: {},
    actionBundle: null,
    everyMs: null,
    repeatCount: null,
    repeatUntil: null,
    createdAt: new Date('2030-01-31T08:00:00Z'),
    ...given,
  };
}

/** Writes a timer for deliveries to belong to; answers its id. */
export async function writeTimer(db: Db, given: Partial<NewTimer> = {}): Promise<string> {
  const timer = aTimer(given);
  await insertTimers(db, [timer], []);
  return timer.id;
}
