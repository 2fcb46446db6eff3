import type { DueTimer } from '../../db/claims.js';

/** Timers in memory, soonest first. */
export interface SortedTimers {
  replace(sorted: DueTimer[]): void;
  add(timer: DueTimer): void;
  /** Removes and answers what is due at or before `atMs`, at most `most`. */
  take(atMs: number, most: number): DueTimer[];
  /** How many are due at or before `atMs`. */
  countUntil(atMs: number): number;
  readonly nextAt: number | undefined;
  readonly size: number;
}

export function createSortedTimers(): SortedTimers {
  let timers: DueTimer[] = [];

  const positionOf = (fireAt: number) => {
    let low = 0;
    let high = timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((timers[middle]?.fireAt ?? 0) <= fireAt) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    replace(sorted) {
      timers = sorted;
    },
    add(timer) {
      timers.splice(positionOf(timer.fireAt), 0, timer);
    },
    take(atMs, most) {
      return timers.splice(0, Math.min(positionOf(atMs), most));
    },
    countUntil: positionOf,
    get nextAt() {
      return timers[0]?.fireAt;
    },
    get size() {
      return timers.length;
    },
  };
}
