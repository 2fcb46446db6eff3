import type { z } from 'zod';
import type { ScheduleRow } from '../db/schedules.js';
import { maskedDelivery } from '../domain/delivery-secrets.js';
import { nextRuns } from '../schedules/cycle.js';
import { cycleOf } from '../schedules/row-cycle.js';
import type { Schedule } from '../schemas/schedule.js';
import type { Services } from './services.js';

function nextRunOf(row: ScheduleRow, after: Date): string | null {
  if (!row.is_enabled) return null;
  const wanted = { after, count: 1, anchor: row.created_at, end: row.ends_at };
  return nextRuns(cycleOf(row), wanted)[0]?.toISOString() ?? null;
}

/** A schedule's row as it is answered. */
export const scheduleAnswer = (
  row: ScheduleRow,
  { vault, clock }: Pick<Services, 'vault' | 'clock'>,
): z.input<typeof Schedule> => ({
  ...{ id: row.id, name: row.name, agent_id: row.agent_id, agent_name: row.agent_name },
  cron_expression: row.cron,
  interval_seconds: row.interval_ms === null ? null : row.interval_ms / 1_000,
  timezone: row.timezone,
  prompt_template: row.prompt,
  ...{ method_name: row.method, input: row.input, priority: row.priority },
  delivery: row.delivery.map((one) => maskedDelivery(one, vault)),
  metadata: row.metadata,
  timeout_seconds: row.timeout_ms === null ? null : row.timeout_ms / 1_000,
  overlap: row.overlap,
  jitter_ms: row.jitter_ms,
  catchup_window_ms: row.catchup_window_ms,
  ends_at: row.ends_at?.toISOString() ?? null,
  enabled: row.is_enabled,
  declared: row.is_declared,
  next_run_at: nextRunOf(row, new Date(clock())),
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});
