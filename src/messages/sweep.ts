/** One for all organisations: it re-arms whatever is overdue, for any reason. */
export const SWEEP_ID = 'sweep';
export const SWEEP_EVERY_MS = 15_000;
