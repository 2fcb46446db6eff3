import { Cron } from 'croner';
import { InvalidInput } from '../../plugin/define-tool.js';

/** What Temporal and croner both understand, alike: numbers, names, `*`, lists, ranges and steps. */
const FIELD = /^[0-9A-Za-z*,/-]+$/;
const NAMES = new Set(['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']);
const DAYS = new Set(['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']);

/** A cron expression that both read alike, in a time zone that exists. */
export interface Cycle {
  cron: string;
  /** As the IANA database names it. */
  timezone: string;
  /** The next three runs. */
  next: Date[];
}

function zoneOf(timezone: string): string {
  try {
    // Offsets such as +02:00 are for clocks, not for Temporal.
    if (!/^[A-Za-z]/.test(timezone)) throw new RangeError();
    return new Intl.DateTimeFormat('en', { timeZone: timezone }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidInput(
      `timezone: "${timezone}" is not the name of a time zone, such as UTC or Europe/Madrid`,
    );
  }
}

/** Temporal takes a sixth field for a year, `#` for a comment, and has no `L`, `W` and `?`. */
function fieldsOf(expression: string): string[] {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5)
    throw new InvalidInput('cron: has five fields: minute, hour, day of month, month, day of week');
  const [, , , month = '', weekday = ''] = fields;
  const words = (field: string) => field.toLowerCase().match(/[a-z]+/g) ?? [];
  const isKnown =
    fields.every((field) => FIELD.test(field)) &&
    fields.slice(0, 3).every((field) => words(field).length === 0) &&
    words(month).every((word) => NAMES.has(word)) &&
    words(weekday).every((word) => DAYS.has(word));
  if (!isKnown)
    throw new InvalidInput(
      'cron: may hold numbers, names of months and days, * , - and /; # L W ? and @ are not taken',
    );
  return fields;
}

/** Reads a cron expression; throws a sentence for one that is wrong, or never runs. Day of month and day of week have both to match. */
export function readCron(expression: string, timezone: string, now: Date): Cycle {
  const cron = fieldsOf(expression).join(' ');
  const zone = zoneOf(timezone);
  const next = runsOf(cron, zone, now);
  if (next.length === 0) throw new InvalidInput(`cron: "${cron}" never runs`);
  return { cron, timezone: zone, next };
}

function runsOf(cron: string, timezone: string, now: Date): Date[] {
  try {
    return new Cron(cron, { timezone, domAndDow: true, mode: '5-part', paused: true }).nextRuns(3, now);
  } catch (error) {
    throw new InvalidInput(
      `cron: "${cron}" is not an expression: ${error instanceof Error ? error.message : error}`,
    );
  }
}
