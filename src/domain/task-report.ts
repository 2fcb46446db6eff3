/** What agents' tasks came to, as a report has it. Pure: rows in, figures out. */

/** How many tasks came to which end. */
export interface Ends {
  completed: number;
  failed: number;
}

/** Of what completed or failed, from 0 to 1; null where nothing did. */
export const successRate = ({ completed, failed }: Ends): number | null =>
  completed + failed === 0 ? null : completed / (completed + failed);

export type Health = 'healthy' | 'degraded' | 'unhealthy' | 'idle';
const DEGRADED_FROM = 0.1;
const UNHEALTHY_FROM = 0.5;

/** How well an agent does, by the share of failures that are its own. */
export function healthOf({ completed, faults }: { completed: number; faults: number }): Health {
  if (completed + faults === 0) return 'idle';
  const failures = faults / (completed + faults);
  if (failures >= UNHEALTHY_FROM) return 'unhealthy';
  return failures >= DEGRADED_FROM ? 'degraded' : 'healthy';
}

/** What happened in one part of a period. */
export interface TrendPart extends Ends {
  /** Of the period, from 0. */
  part: number;
  executions: number;
  /** Of all that ran, together. */
  durationMs: number;
  ran: number;
}

export interface TrendPoint extends Ends {
  /** When the part begins, in ms since 1970. */
  from: number;
  executions: number;
  averageMs: number | null;
}

/** The parts of a period: all of them, also those in which nothing happened. Several rows of one part are put together. */
export function trendOf(
  rows: readonly TrendPart[],
  { from, partMs, parts }: { from: number; partMs: number; parts: number },
): TrendPoint[] {
  const empty = { executions: 0, completed: 0, failed: 0, durationMs: 0, ran: 0 };
  const sums = Array.from({ length: parts }, () => ({ ...empty }));
  for (const row of rows) {
    // What is made while the report is read belongs to its last part.
    const sum = sums[Math.min(row.part, parts - 1)];
    if (!sum) continue;
    for (const field of ['executions', 'completed', 'failed', 'durationMs', 'ran'] as const)
      sum[field] += row[field];
  }
  return sums.map(({ durationMs, ran, ...counts }, part) => ({
    from: from + part * partMs,
    ...counts,
    averageMs: ran === 0 ? null : durationMs / ran,
  }));
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** How long the parts are that a period is shown in: between 12 and 30 of them. */
export function partOf(periodMs: number): number {
  if (periodMs <= HOUR_MS) return HOUR_MS / 12;
  if (periodMs <= DAY_MS) return HOUR_MS;
  return periodMs <= 7 * DAY_MS ? 6 * HOUR_MS : DAY_MS;
}
