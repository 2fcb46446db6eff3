/** What happened in a period, put together from what was read of its parts. Pure: rows in, figures out. */

/** How many there were of each lateness, in ms. */
export type Histogram = Map<number, number>;

/** The smallest value that a share of all does not exceed; null where there is none. */
export function percentile(histogram: Histogram, share: number): number | null {
  const values = [...histogram].toSorted(([one], [other]) => one - other);
  const total = values.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [value, count] of values) {
    seen += count;
    if (seen >= total * share) return value;
  }
  return null;
}

const NOTHING = {
  timersFired: 0,
  timersFailed: 0,
  deliveriesDelivered: 0,
  deliveriesDead: 0,
  tasksCompleted: 0,
  tasksFailed: 0,
  messagesProcessed: 0,
  messagesDead: 0,
  tokens: 0,
};
type Counts = typeof NOTHING;
type CountName = keyof Counts;

/** Counts of one bucket, or of several together. */
export interface Tally {
  counts: Counts;
  lateness: Histogram;
  /** In 10⁻⁹ US dollars; null as soon as one price was not known. */
  nanos: number | null;
}

export const emptyTally = (): Tally => ({ counts: { ...NOTHING }, lateness: new Map(), nanos: 0 });

/** Adds to a tally what a row, or another tally, has counted. */
export function addTo(tally: Tally, { counts = {}, lateness, nanos = 0 }: TallyPart): void {
  for (const [name, count] of Object.entries(counts)) tally.counts[name as CountName] += count;
  for (const [value, count] of lateness ?? [])
    tally.lateness.set(value, (tally.lateness.get(value) ?? 0) + count);
  tally.nanos = tally.nanos === null || nanos === null ? null : tally.nanos + nanos;
}

export interface TallyPart {
  counts?: Partial<Counts>;
  lateness?: Iterable<readonly [number, number]>;
  nanos?: number | null;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const BUCKETS: readonly (readonly [periodMs: number, bucketMs: number])[] = [
  [HOUR_MS, MINUTE_MS],
  [24 * HOUR_MS, 30 * MINUTE_MS],
  [7 * 24 * HOUR_MS, 3 * HOUR_MS],
];

/** How long the parts are that a period is shown in: 48 to 60 of them. */
export const bucketOf = (periodMs: number): number =>
  BUCKETS.find(([longest]) => periodMs <= longest)?.[1] ?? 12 * HOUR_MS;

/** When the buckets of a period begin that ends now, in ms since 1970: on the clock, so that they stay the same. */
export function bucketsOf(periodMs: number, now: number): number[] {
  const bucketMs = bucketOf(periodMs);
  const latest = Math.floor(now / bucketMs) * bucketMs;
  const count = Math.round(periodMs / bucketMs);
  return Array.from({ length: count }, (_, index) => latest - (count - 1 - index) * bucketMs);
}
