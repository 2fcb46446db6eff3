import type { RetryPolicy } from '../schemas/action.js';

const DEFAULTS = {
  maxAttempts: 21,
  backoffInitialMs: 1_000,
  backoffMultiplier: 2,
  maxBackoffMs: 21_600_000,
} as const;
/** Waits vary by this share in both directions, so that what failed together does not come back together. */
const JITTER = 0.2;
/** Nobody is obeyed who asks for a longer wait than this. */
const LONGEST_RETRY_AFTER_MS = 86_400_000;

export interface Failed {
  policy: RetryPolicy;
  /** Of the attempt that failed, from 1. */
  attemptNumber: number;
  /** What the receiver asked for, as `Retry-After`. */
  retryAfterMs?: number | undefined;
  /** From 0 to 1. */
  random: number;
  /** Ms since 1970. */
  now: number;
}

export type Next = { kind: 'retry'; at: number } | { kind: 'exhausted' };

/** When a failed attempt is followed by another: not before the receiver asked for it, nor before the policy's wait. */
export function nextAttempt({ policy, attemptNumber, retryAfterMs = 0, random, now }: Failed): Next {
  const maxAttempts = policy.maxAttempts ?? DEFAULTS.maxAttempts;
  if (attemptNumber >= maxAttempts) return { kind: 'exhausted' };
  const initialMs = policy.backoffInitialMs ?? DEFAULTS.backoffInitialMs;
  const multiplier = policy.backoffMultiplier ?? DEFAULTS.backoffMultiplier;
  const longestMs = policy.maxBackoffMs ?? DEFAULTS.maxBackoffMs;
  const backoffMs = Math.min(initialMs * multiplier ** (attemptNumber - 1), longestMs);
  const jittered = backoffMs * (1 + JITTER * (2 * random - 1));
  return {
    kind: 'retry',
    at: Math.ceil(now + Math.max(jittered, Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS))),
  };
}

const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? .*\d{2}:\d{2}:\d{2}/;

/** The wait that a `Retry-After` header asks for, in ms: seconds or an HTTP date. Undefined where it says neither. */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  const waitMs = /^\d{1,15}$/.test(text)
    ? Number(text) * 1_000
    : HTTP_DATE.test(text)
      ? Date.parse(text) - now
      : Number.NaN;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), LONGEST_RETRY_AFTER_MS);
}
