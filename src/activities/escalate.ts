import type { NewDelivery } from '../db/deliveries.js';
import type { TimerRow } from '../db/timers.js';
import type { Open } from '../domain/channel-target.js';
import { freeze } from '../domain/occurrence.js';
import type { OutgoingDelivery } from './channels/channel.js';

/** The delivery that an escalation makes, `<delivery id>.escalation`: frozen now, as the timer's own were when it fired. */
export function escalationOf(
  failed: OutgoingDelivery,
  timer: TimerRow,
  now: number,
  open: Open,
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
    open,
  );
  return frozen.map((delivery) => ({
    ...delivery,
    id: `${id}.escalation`,
    orgId,
    timerId: timer.id,
    taskId: null,
    subscriptionId: null,
    tenantId: timer.tenant_id,
    status: 'pending',
    windowAt: null,
    epoch: null,
    nextAttemptAt: new Date(now),
  }));
}
