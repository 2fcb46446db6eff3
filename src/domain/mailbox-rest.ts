/** Whoever ensures a mailbox's workflow writes a row within this time: until then it does not end. */
export const LINGER_MS = 15_000;
/** What a word tells of may not be written yet: look once more. */
const LOOK_AGAIN_MS = 2_000;
/** Clocks differ a little: what is not due yet is not asked for at once. */
const SHORTEST_MS = 50;

interface Look {
  /** ISO 8601, or null: when there may be more though nobody says so. */
  nextAt: string | null;
  isHandling: boolean;
  /** How long to wait for a word of what others have begun, in ms; null: nothing. */
  patienceMs: number | null;
  /** When somebody last said that messages came, ms since 1970. */
  lastWordAt: number;
  now: number;
}

/** How long a mailbox's workflow rests after a look, in ms; null: until it is told; zero or less: it has nothing to do. */
export function restOfMailbox({ nextAt, isHandling, patienceMs, lastWordAt, now }: Look): number | null {
  const sinceWordMs = now - lastWordAt;
  const waits: number[] = [];
  if (nextAt !== null) waits.push(Math.max(Date.parse(nextAt) - now, SHORTEST_MS));
  else if (!isHandling) waits.push(LINGER_MS - sinceWordMs);
  if (patienceMs !== null) waits.push(patienceMs);
  if (sinceWordMs < LOOK_AGAIN_MS) waits.push(LOOK_AGAIN_MS - sinceWordMs);
  return waits.length === 0 ? null : Math.min(...waits);
}
