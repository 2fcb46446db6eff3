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
  { orgId, id, body, policy, escalation }: OutgoingDelivery,
  timer: TimerRow,
  now: number,
  originOf: OriginOf,
): NewDelivery[] {
  if (!escalation) return [];
  const [occurrence = '1'] = id.slice(timer.id.length + 1).split('.');
  const told = factsOf(body);
  const frozen = freeze(
    {
      orgId,
      timerId: timer.id,
      tenantId: timer.tenant_id,
      requestedBy: timer.requested_by,
      name: timer.name,
      number: Number(occurrence),
      missed: 0,
      isRepeating: timer.every_ms !== null,
      fireAt: momentOf(told.fire_at) ?? timer.fire_at,
      firedAt: momentOf(told.fired_at) ?? timer.fired_at ?? new Date(now),
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

/** What the body that failed told of its occurrence; a repeating timer's row has gone on since. */
function factsOf(body: string): Record<string, unknown> {
  const value: unknown = JSON.parse(body);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

const momentOf = (value: unknown): Date | undefined =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? new Date(value) : undefined;
