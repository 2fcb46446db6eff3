const FIRST_MS = 1_000;
const MOST_MS = 60_000;

/** When a message that was refused comes again, where nobody says otherwise: after 1 s, 2 s, 4 s, … at most 60 s. */
export const refusalDelayMs = (deliveries: number): number =>
  Math.min(FIRST_MS * 2 ** Math.max(0, deliveries - 1), MOST_MS);
