import type { NewDelivery } from '../db/deliveries.js';
import type { TimerRow } from '../db/timers.js';
import { freeze } from '../domain/occurrence.js';
import type { Action } from '../schemas/action.js';
import type { OutgoingDelivery } from './channels/channel.js';

/** Scheme, host and port of a stored URL, which may be sealed. */
export type OriginOf = (storedUrl: string) => string;

/** Whom an action calls: scheme, host and port, or the channel's name. */
export const receiverOf = (action: Action, originOf: OriginOf): string =>
  action.type === 'webhook' ? originOf(action.url) : action.type;

/** The delivery that an escalation makes, `<delivery id>.escalation`: frozen now, as the timer's own were when it fired. */
export function escalationOf(
  failed: OutgoingDelivery,
  timer: TimerRow,
  now: number,
  originOf: OriginOf,
): NewDelivery[] {
  const { orgId, id, policy, escalation } = failed;
  if (!escalation) return [];
  const frozen = freeze(
    {
      orgId,
      timerId: timer.id,
      tenantId: timer.tenant_id,
      requestedBy: timer.requested_by,
      name: timer.name,
      // Not those of the timer's row: a repeating one has gone on since.
      number: failed.occurrence ?? timer.occurrence,
      missed: 0,
      isRepeating: timer.every_ms !== null,
      fireAt: failed.dueAt ?? timer.fire_at,
      firedAt: failed.firedAt ?? timer.fired_at ?? new Date(now),
      actions: [escalation.action],
      retryPolicy: policy,
    },
    originOf,
  );
  return frozen.map((delivery) => ({
    ...delivery,
    id: `${id}.escalation`,
    orgId,
    timerId: timer.id,
    subscriptionId: null,
    tenantId: timer.tenant_id,
    status: 'pending',
    windowAt: null,
    epoch: null,
    nextAttemptAt: new Date(now),
  }));
}
