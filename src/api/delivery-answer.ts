import type { z } from 'zod';
import type { DeliveryRow, DeliverySummaryRow } from '../db/deliveries.js';
import { MASK, shownUrl } from '../domain/url-secrets.js';
import { endpointId } from '../messages/endpoint.js';
import { timerWindowId } from '../messages/timer-window.js';
import type { Delivery, DeliverySummary } from '../schemas/delivery.js';
import type { Services } from './services.js';

/** A delivery's row as it is listed. */
export const deliverySummary = (row: DeliverySummaryRow): z.input<typeof DeliverySummary> => ({
  id: row.id,
  timerId: row.timer_id,
  taskId: row.task_id,
  subscriptionId: row.subscription_id,
  channel: row.channel,
  // Whether its first attempt is under way or the next one waits is the same to a reader.
  status: row.status === 'sending' ? 'pending' : row.status,
  receiver: row.receiver,
  attemptCount: row.attempt_count,
  createdAt: row.created_at.toISOString(),
  nextAttemptAt: row.next_attempt_at?.toISOString() ?? null,
  endedAt: row.ended_at?.toISOString() ?? null,
  lastStatusCode: row.last_status_code,
  lastError: row.last_error,
});

/** The first attempt belongs to the window that fired it, all others to the receiver's endpoint. */
function workflowOf({ org_id: orgId, receiver, window_at, attempt_count, status }: DeliveryRow): string {
  const isFirst = status === 'sending' || (status === 'delivered' && attempt_count <= 1);
  return window_at && isFirst
    ? timerWindowId({ orgId, startsAt: window_at.toISOString() })
    : endpointId({ orgId, receiver });
}

function urlOf({ channel, request: { url } }: DeliveryRow, vault: Services['vault']): string | null {
  if (url === undefined) return null;
  // Whoever knows the address of a Teams workflow may post there.
  return channel === 'teams' ? MASK : shownUrl(url, vault);
}

/** A delivery's row as it is answered by itself: secrets in its URL are `***`. */
export function deliveryAnswer(row: DeliveryRow, { vault, starter }: Services): z.input<typeof Delivery> {
  return {
    ...deliverySummary(row),
    url: urlOf(row, vault),
    attempts: row.attempts,
    run: starter.linkTo(workflowOf(row)),
  };
}
