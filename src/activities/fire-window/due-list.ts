import { type DueTimer, readDue } from '../../db/claims.js';
import type { Database } from '../../db/database.js';
import type { WindowKey } from '../../db/windows.js';
import type { TimersNotice } from '../../domain/timers-notice.js';
import { createSortedTimers } from './sorted-timers.js';

/** What is scheduled in an armed window, kept up by notices. The row decides; this only says where to look. */
export interface DueList {
  /** Removes and answers what is due at or before `atMs`, at most `most`; reads the rows first where it must. */
  take(atMs: number, most: number): Promise<DueTimer[]>;
  /** What it holds is no longer true: the next look reads the rows. */
  doubt(): void;
  /** Whether a fresh look at the rows finds nothing. */
  isEmpty(): Promise<boolean>;
  /** Until that moment, or until the list may have changed. Ms since 1970. */
  pause(untilMs: number, now: number): Promise<void>;
  /** When the next one is due, in ms since 1970. */
  readonly nextAt: number | undefined;
  /** How many are due at or before a moment, ms since 1970. */
  countUntil(atMs: number): number;
  close(): void;
}

export function openDueList(database: Database, window: WindowKey): DueList {
  const timers = createSortedTimers();
  let isDoubtful = true;
  /** Told of while the rows are being read: perhaps not among them. A timer that stands twice is claimed once. */
  let meanwhile: DueTimer[] = [];
  let wake: () => void = () => undefined;

  function add(timer: DueTimer): void {
    timers.add(timer);
    meanwhile.push(timer);
  }

  const isOurs = ({ orgId, windowAt }: TimersNotice) =>
    orgId === window.orgId && windowAt === window.startsAt.getTime();

  const close = database.listen('timers', (payload) => {
    const notice: TimersNotice | null = payload === null ? null : JSON.parse(payload);
    if (notice && !isOurs(notice)) return;
    if (!notice?.timers) isDoubtful = true;
    else for (const [id, fireAt] of notice.timers) add({ id, fireAt, series: null });
    wake();
  });

  async function read(): Promise<void> {
    isDoubtful = false;
    meanwhile = [];
    try {
      timers.replace(await readDue(database.db, window));
      for (const timer of meanwhile) timers.add(timer);
    } catch (error) {
      isDoubtful = true;
      throw error;
    }
  }

  return {
    async take(atMs, most) {
      if (isDoubtful) await read();
      return timers.take(atMs, most);
    },
    doubt() {
      isDoubtful = true;
    },
    async isEmpty() {
      await read();
      return timers.size === 0;
    },
    async pause(untilMs, now) {
      if (untilMs <= now || isDoubtful) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, untilMs - now);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = () => undefined;
    },
    get nextAt() {
      return timers.nextAt;
    },
    countUntil: timers.countUntil,
    close,
  };
}
