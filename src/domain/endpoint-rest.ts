/** Whoever ensures an endpoint's workflow writes its row within this time: until then it does not end. */
export const LINGER_MS = 15_000;
/** What a word tells of may not be written yet: look once more. */
const LOOK_AGAIN_MS = 2_000;
/** The engine's timers are up to 1 s late: a look is begun earlier, and waits for the moment itself. */
const EARLY_MS = 1_000;

interface Look {
  /** ISO 8601, or null when nothing is pending. */
  nextAttemptAt: string | null;
  /** When somebody last said that something is due, ms since 1970. */
  lastWordAt: number;
  now: number;
}

/** How long a receiver's workflow rests after a look, in ms; zero or less: it looks again at once. */
export function restOf({ nextAttemptAt, lastWordAt, now }: Look): number {
  const sinceWordMs = now - lastWordAt;
  const untilNextMs =
    nextAttemptAt === null ? LINGER_MS - sinceWordMs : Date.parse(nextAttemptAt) - EARLY_MS - now;
  return sinceWordMs < LOOK_AGAIN_MS ? Math.min(untilNextMs, LOOK_AGAIN_MS - sinceWordMs) : untilNextMs;
}
