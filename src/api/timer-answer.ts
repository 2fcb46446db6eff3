import type { z } from 'zod';
import type { StoredBundle } from '../db/tables.js';
import type { TimerRow } from '../db/timers.js';
import { mapActionSecrets } from '../domain/action-secrets.js';
import { masking } from '../domain/url-secrets.js';
import type { DeliverySummary } from '../schemas/delivery.js';
import type { Timer } from '../schemas/timer.js';
import type { Services } from './services.js';

type Answer = z.input<typeof Timer>;

/** A stored bundle as people may read it: secrets are `***`. */
export function masked<B extends StoredBundle>(bundle: B, open: (text: string) => string): B {
  return mapActionSecrets(bundle, masking({ open }));
}

const moment = (at: Date | null) => at?.toISOString();

/** A timer's row as it is answered. */
export function timerAnswer(
  row: TimerRow,
  deliveries: DeliverySummary[],
  { starter, vault }: Services,
): Answer {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    requestedBy: row.requested_by,
    name: row.name,
    status: row.status,
    durationMs: row.duration_ms,
    createdAt: row.created_at.toISOString(),
    fireAt: row.fire_at.toISOString(),
    firedAt: moment(row.fired_at),
    cancelledAt: moment(row.cancelled_at),
    cancelReason: row.cancel_reason ?? undefined,
    cancelledBy: row.cancelled_by ?? undefined,
    metadata: row.metadata,
    labels: row.labels,
    actionBundle: row.action_bundle ? { ...masked(row.action_bundle, vault.open) } : undefined,
    repeat: repeatAnswer(row),
    deliveries,
    run: starter.runOf(row.org_id, row.fire_at),
  };
}

function repeatAnswer(row: TimerRow): Answer['repeat'] {
  if (row.every_ms === null) return undefined;
  const { every_ms: everyMs, repeat_count: count, repeat_until: until, occurrence } = row;
  return { everyMs, count: count ?? undefined, until: moment(until), occurrence };
}
