import type { ScheduleRow } from '../db/schedules.js';
import type { TaskCycle } from '../engine/schedules.js';
import { type Cycle, offsetOf, plainCron } from './cycle.js';

/** When a row comes round. */
export const cycleOf = ({ cron, interval_ms: intervalMs, timezone }: ScheduleRow): Cycle => {
  if (cron !== null) return { cron, intervalMs: null, timezone };
  if (intervalMs !== null) return { cron, intervalMs, timezone };
  throw new Error('a schedule has neither a cron expression nor an interval');
};

/** A row as Temporal is told of it. */
export const taskCycleOf = (row: ScheduleRow): TaskCycle => ({
  ...{ orgId: row.org_id, scheduleId: row.id, agentId: row.agent_id },
  ...{
    cron: row.cron === null ? null : plainCron(row.cron),
    intervalMs: row.interval_ms,
    timezone: row.timezone,
  },
  offsetMs: row.interval_ms === null ? 0 : offsetOf(row.interval_ms, row.created_at),
  ...{ priority: row.priority, overlap: row.overlap, jitterMs: row.jitter_ms, endsAt: row.ends_at },
  ...{ catchupWindowMs: row.catchup_window_ms, isPaused: !row.is_enabled },
  revision: row.revision,
});
