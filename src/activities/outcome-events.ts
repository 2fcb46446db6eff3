import type { ReceiverKey } from '../db/deliveries.js';
import type { NewEvent } from '../db/events.js';
import type { EventType } from '../schemas/event.js';
import type { PlannedOutcome } from './plan-outcome.js';

const TYPES = { delivered: 'delivery.delivered', pending: 'delivery.failed', dead: 'delivery.dead' } as const;

/** What is told of an outcome. Nothing of the delivery of an event: that would be an event to be delivered in turn. */
export function deliveryEvents({ delivery, change, result }: PlannedOutcome): NewEvent[] {
  if (delivery.subscriptionId !== null || change.status === 'sending' || result.kind === 'unsent') return [];
  const type: EventType = TYPES[change.status];
  return [
    {
      orgId: delivery.orgId,
      type,
      subject: delivery.id,
      data: {
        ...(delivery.taskId === null
          ? { timerId: delivery.timerId, tenantId: delivery.tenantId }
          : { taskId: delivery.taskId }),
        channel: delivery.channel,
        receiver: delivery.receiver,
        attempt: delivery.attemptNumber,
        statusCode: change.statusCode,
        error: change.error,
        ...(change.nextAttemptAt ? { nextAttemptAt: change.nextAttemptAt.toISOString() } : {}),
      },
    },
  ];
}

export const failedEvents = (
  orgId: string,
  timers: readonly { id: string; tenant_id: string; name: string }[],
): NewEvent[] =>
  timers.map(({ id, tenant_id, name }) => ({
    orgId,
    type: 'timer.failed',
    subject: id,
    data: { tenantId: tenant_id, name },
  }));

/** A receiver that did nothing but fail for days was switched off. */
export const disabledEvents = (receivers: readonly ReceiverKey[]): NewEvent[] =>
  receivers.map(({ orgId, receiver }) => ({
    orgId,
    type: 'delivery.endpoint_disabled',
    subject: receiver,
    data: { receiver },
  }));
