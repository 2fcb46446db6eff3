/** One for all organisations: it re-arms whatever is overdue, for any reason. */
export const SWEEP_ID = 'sweep';
export const SWEEP_EVERY_MS = 15_000;

export interface SweepInput {
  /** There was none before it: owners of timers may be missing as well. */
  isNew?: boolean;
}
