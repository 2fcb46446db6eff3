/** Timers that are due within the same span of this length share one workflow. */
export const WINDOW_MS = 20_000;
/** A window is armed this long before it begins. */
export const LEAD_MS = 4_000;
/** An armed window stays this long past its end, then reads once more. */
export const WINDOW_LINGER_MS = 5_000;
export const HOUR_MS = 3_600_000;
/** An hour opens this long before it begins: from then on its timers belong to their windows. */
export const OPENING_MS = 600_000;
/** How long after an hour opened both it and the window are ensured: a create may race with the opening. */
const OPENING_RACE_MS = 5_000;

const floor = (at: number, step: number) => new Date(Math.floor(at / step) * step);

/** Start of the due window that a moment lies in. */
export const windowOf = (fireAt: Date): Date => floor(fireAt.getTime(), WINDOW_MS);

export interface Owner {
  kind: 'window' | 'hour';
  startsAt: Date;
  /** Until when it certainly takes in what is due in it, ms since 1970. */
  openUntilMs: number;
}

/**
 * Which workflows must be running before a timer may be acknowledged: its window, or the hour that will open the
 * window; both within seconds of the opening. The first is the one to show.
 */
export function ownersOf(fireAt: Date, now: number): [Owner, ...Owner[]] {
  const windowStart = windowOf(fireAt);
  const hourStart = floor(fireAt.getTime(), HOUR_MS);
  const opensAt = hourStart.getTime() - OPENING_MS;
  const window: Owner = {
    kind: 'window',
    startsAt: windowStart,
    openUntilMs: windowStart.getTime() + WINDOW_MS + WINDOW_LINGER_MS - 1_000,
  };
  const hour: Owner = { kind: 'hour', startsAt: hourStart, openUntilMs: opensAt };
  if (now < opensAt - OPENING_RACE_MS) return [hour];
  if (now < opensAt + OPENING_RACE_MS) return [window, hour];
  return [window];
}

/** Whether a window has been armed, so that what is written to it must be told to whoever armed it. */
export const isArmed = (windowAt: Date, now: number): boolean => now >= windowAt.getTime() - LEAD_MS;
