/** What of a task holds where neither the caller nor its agent says otherwise. */
export const DEFAULT_LIMITS = {
  /** Of an execution. */
  executionMs: 30_000,
  /** At one call of a model. */
  attempts: 4,
} as const;

/** After its time limit, until its workflow has said that it is over. */
export const END_GRACE_MS = 60_000;
