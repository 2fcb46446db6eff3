import ms from 'ms';
import { parse as parseIso } from 'tinyduration';
import { z } from 'zod';

const CLOCK_UNITS = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const ISO_DURATION = /^P(?=.)(?:\d+W|(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?)$/;
const DAY_MS = 86_400_000;

/** Nothing is planned further ahead than this: 5 years of 365 days, in ms. */
export const HORIZON_MS = 5 * 365 * DAY_MS;

function readDuration(value: string | number): number {
  if (typeof value === 'number') return value;
  if (CLOCK_UNITS.test(value)) {
    const parts = value.match(/\d+(?:\.\d+)?[a-z]+/g) ?? [];
    return parts.reduce((total, part) => total + ms(part as ms.StringValue), 0);
  }
  if (!ISO_DURATION.test(value)) return Number.NaN;
  const { weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0 } = parseIso(value);
  return (weeks * 7 + days) * DAY_MS + hours * 3_600_000 + minutes * 60_000 + seconds * 1_000;
}

/**
 * A length of time: `"90s"`, `"1h30m"`, `"0.5s"`, ISO 8601 (`"PT5M"`; weeks to seconds), or a positive integer
 * of milliseconds. Parsed to whole milliseconds, from 1 ms to {@link HORIZON_MS}.
 */
export const Duration = z
  .union([z.string().min(1).max(64), z.int()])
  .transform((value, ctx) => {
    const millis = Math.round(readDuration(value));
    if (Number.isNaN(millis)) {
      ctx.addIssue('is not a duration: use "90s", "1h30m", "PT5M" or a whole number of milliseconds');
    } else if (millis < 1) {
      ctx.addIssue('must be longer than zero');
    } else if (millis > HORIZON_MS) {
      ctx.addIssue('must not be longer than 5 years');
    } else return millis;
    return z.NEVER;
  })
  .meta({
    id: 'Duration',
    description:
      '`"90s"`, `"1h30m"`, `"0.5s"`, `"PT5M"`, or a positive integer in milliseconds; at most 5 years',
    examples: ['15m', '2000ms', 'PT5M', 90000],
  });
export type Duration = z.infer<typeof Duration>;

/** A moment in a request: ISO 8601 with its offset or `Z`. Parsed to a Date. */
export const Instant = z.iso
  .datetime({
    offset: true,
    error: 'must be an ISO 8601 time with its offset or Z, such as 2030-01-31T09:00:00Z',
  })
  .transform((text, ctx) => {
    const at = new Date(text);
    if (Number.isNaN(at.getTime())) {
      ctx.addIssue('is not a moment that exists');
      return z.NEVER;
    }
    return at;
  })
  .meta({
    id: 'Instant',
    description: 'ISO 8601 time with its offset or `Z`',
    examples: ['2030-01-31T09:00:00Z'],
  });
export type Instant = z.infer<typeof Instant>;
