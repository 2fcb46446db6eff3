import { Cron } from 'croner';
import type { FieldError } from '../schemas/field-errors.js';

/** What Temporal and croner both understand, alike: numbers, names, `*`, lists, ranges and steps. */
const FIELD = /^[0-9A-Za-z*,/-]+$/;
const MONTHS = new Set(['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']);
const DAYS = new Set(['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']);

/** When something comes round: a cron expression in a time zone, or every so many ms from a beginning on. */
export type Cycle =
  | { cron: string; intervalMs: null; timezone: string }
  | { cron: null; intervalMs: number; timezone: string };

export interface GivenCycle {
  cron_expression?: string | null | undefined;
  interval_seconds?: number | null | undefined;
  timezone: string;
}

export type ReadCycle = { kind: 'ready'; cycle: Cycle } | { kind: 'refused'; errors: FieldError[] };

/** The name of a time zone as the IANA database has it; null where there is none of this name. */
function zoneOf(timezone: string): string | null {
  try {
    // Offsets such as +02:00 are for clocks, not for Temporal.
    if (!/^[A-Za-z]/.test(timezone)) return null;
    return new Intl.DateTimeFormat('en', { timeZone: timezone }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Why an expression is not one that Temporal and we read alike: it takes a sixth field for a year, `#` for a comment, and has no `L`, `W` and `?`. */
function flawOf(fields: readonly string[]): string | null {
  if (fields.length !== 5)
    return 'has five fields: minute, hour, day of month, month, day of week; seconds, years and @daily are not taken';
  const [, , , month = '', weekday = ''] = fields;
  const words = (field: string) => field.toLowerCase().match(/[a-z]+/g) ?? [];
  const isKnown =
    fields.every((field) => FIELD.test(field)) &&
    fields.slice(0, 3).every((field) => words(field).length === 0) &&
    words(month).every((word) => MONTHS.has(word)) &&
    words(weekday).every((word) => DAYS.has(word));
  return isKnown
    ? null
    : 'may hold numbers, names of months and days, * , - and /; # L W ? and @ are not taken';
}

const refused = (path: string, message: string): ReadCycle => ({
  kind: 'refused',
  errors: [{ path, message }],
});

/** Checks when something is to come round; the errors name its fields. */
export function readCycle(given: GivenCycle, now: Date): ReadCycle {
  const { cron_expression: expression, interval_seconds: seconds } = given;
  const timezone = zoneOf(given.timezone);
  if (timezone === null)
    return refused(
      'timezone',
      `"${given.timezone}" is not the name of a time zone, such as UTC or Europe/Madrid`,
    );
  if (typeof expression !== 'string')
    return typeof seconds === 'number'
      ? { kind: 'ready', cycle: { cron: null, intervalMs: seconds * 1_000, timezone } }
      : refused('cron_expression', 'exactly one of cron_expression and interval_seconds is needed');
  const fields = expression.trim().split(/\s+/);
  const flaw = flawOf(fields);
  if (flaw !== null) return refused('cron_expression', flaw);
  const cycle = { cron: fields.join(' '), intervalMs: null, timezone };
  try {
    if (nextRuns(cycle, { after: now, count: 1, anchor: now }).length > 0) return { kind: 'ready', cycle };
  } catch (error) {
    return refused('cron_expression', `is not an expression: ${reasonOf(error)}`);
  }
  return refused('cron_expression', `"${cycle.cron}" never runs`);
}

/** What the library says, without the names of its classes. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/^Cron[A-Za-z]*: /, '');

export interface RunsWanted {
  after: Date;
  count: number;
  /** From which intervals are counted. */
  anchor: Date;
  /** There are none from then on. */
  end?: Date | null;
}

/**
 * The next runs, as Temporal makes them: both days of an expression have to match, and an hour that the clock leaves
 * out is left out. Of an hour that comes twice Temporal takes either one, and this the first.
 */
export function nextRuns(cycle: Cycle, { after, count, anchor, end = null }: RunsWanted): Date[] {
  const runs =
    cycle.cron === null ? intervalRuns(cycle, after, count, anchor) : cronRuns(cycle, after, count);
  return runs.filter((run) => end === null || run < end);
}

/** Where the interval begins within the time that is counted from 1970: Temporal counts in whole seconds. */
export const offsetOf = (intervalMs: number, anchor: Date): number =>
  (Math.floor(anchor.getTime() / 1_000) * 1_000) % intervalMs;

function intervalRuns(
  { intervalMs }: { intervalMs: number },
  after: Date,
  count: number,
  anchor: Date,
): Date[] {
  const offset = offsetOf(intervalMs, anchor);
  const rounds = Math.floor((after.getTime() - offset) / intervalMs);
  return Array.from({ length: count }, (_, index) => new Date((rounds + 1 + index) * intervalMs + offset));
}

/** Any Sunday. */
const SUNDAY_MS = Date.UTC(2023, 0, 1);

/** An expression whose days of the week Temporal reads as we do: a range that ends in Sunday it refuses. */
export function plainCron(cron: string): string {
  const [minute, hour, day, month, weekday] = cron.split(' ');
  if (weekday === '*') return cron;
  const pattern = new Cron(`0 0 * * ${weekday}`, { timezone: 'UTC', mode: '5-part', paused: true });
  const days = [0, 1, 2, 3, 4, 5, 6].filter((index) =>
    pattern.match(new Date(SUNDAY_MS + index * 86_400_000)),
  );
  return [minute, hour, day, month, days.join(',')].join(' ');
}

function cronRuns(
  { cron, timezone }: { cron: string; timezone: string },
  after: Date,
  count: number,
): Date[] {
  const pattern = new Cron(cron, { timezone, domAndDow: true, mode: '5-part', paused: true });
  const runs: Date[] = [];
  let run = pattern.nextRun(after);
  while (run !== null) {
    // Where an hour is left out croner runs an hour off.
    if (pattern.match(run)) runs.push(run);
    if (runs.length === count) break;
    run = pattern.nextRun(run);
  }
  return runs;
}
