/** A repeating timer is fixed rate: its n-th occurrence is due `everyMs` × (n − 1) after the first. */
export interface Series {
  everyMs: number;
  firstAt: number;
  /** The occurrence that is due now, from 1. */
  occurrence: number;
  count: number | null;
  until: number | null;
}

export interface NextOccurrence {
  occurrence: number;
  fireAt: number;
}

/** How many further occurrences have come due already, beyond the one that is about to fire. */
export function missedOf(series: Series, now: number): number {
  const dueAt = series.firstAt + (series.occurrence - 1) * series.everyMs;
  const passed = Math.max(0, Math.floor((now - dueAt) / series.everyMs));
  return Math.min(passed, lastOccurrence(series) - series.occurrence);
}

/** The occurrence after this one and those that were missed, or null when the series ends. */
export function nextOccurrence(series: Series, now: number): NextOccurrence | null {
  const occurrence = series.occurrence + missedOf(series, now) + 1;
  if (occurrence > lastOccurrence(series)) return null;
  return { occurrence, fireAt: series.firstAt + (occurrence - 1) * series.everyMs };
}

function lastOccurrence({ count, until, firstAt, everyMs }: Series): number {
  const byCount = count ?? Number.POSITIVE_INFINITY;
  const byTime = until === null ? Number.POSITIVE_INFINITY : Math.floor((until - firstAt) / everyMs) + 1;
  return Math.max(1, Math.min(byCount, byTime));
}
