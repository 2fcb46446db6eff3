import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nextAttempt, readRetryAfter } from '../../src/domain/retry.js';

const HOUR_MS = 3_600_000;
const share = fc.double({ min: 0, max: 1, noNaN: true });

/** Waits between attempts until the policy is exhausted, each with its own random number. */
function waitsOf(policy: Parameters<typeof nextAttempt>[0]['policy'], randoms: number[]): number[] {
  const waits: number[] = [];
  for (let attemptNumber = 1; ; attemptNumber++) {
    const random = randoms[(attemptNumber - 1) % randoms.length] ?? 0.5;
    const next = nextAttempt({ policy, attemptNumber, random, now: 0 });
    if (next.kind === 'exhausted') return waits;
    waits.push(next.at);
  }
}

describe('attempts by default', () => {
  test('there are 21 of them over more than 27 hours, whatever the jitter', () => {
    fc.assert(
      fc.property(fc.array(share, { minLength: 20, maxLength: 20 }), (randoms) => {
        const waits = waitsOf({}, randoms);
        expect(waits).toHaveLength(20);
        expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(27 * HOUR_MS);
      }),
    );
  });

  test('waits double from 1 s to at most 6 h', () => {
    const waits = waitsOf({}, [0.5]);
    expect(waits.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(Math.max(...waits)).toBe(6 * HOUR_MS);
  });

  test('a wait varies by 20 % in both directions', () => {
    expect(waitsOf({}, [0])[0]).toBe(800);
    expect(waitsOf({}, [1])[0]).toBe(1_200);
  });
});

describe("the caller's policy", () => {
  test('says how many attempts, and how the waits grow', () => {
    const policy = { maxAttempts: 5, backoffInitialMs: 100, backoffMultiplier: 3, maxBackoffMs: 1_000 };
    expect(waitsOf(policy, [0.5])).toEqual([100, 300, 900, 1_000]);
  });

  test('of one attempt allows no second one', () => {
    const failed = { policy: { maxAttempts: 1 }, attemptNumber: 1, random: 0.5, now: 0 };
    expect(nextAttempt(failed)).toEqual({ kind: 'exhausted' });
  });

  test('never gives a moment that is no number', () => {
    const policy = fc.record({
      maxAttempts: fc.constant(100),
      backoffInitialMs: fc.integer({ min: 1, max: 86_400_000 }),
      backoffMultiplier: fc.double({ min: 1, max: 100, noNaN: true }),
      maxBackoffMs: fc.integer({ min: 1, max: 604_800_000 }),
    });
    fc.assert(
      fc.property(policy, fc.integer({ min: 1, max: 99 }), share, (given, attemptNumber, random) => {
        const next = nextAttempt({ policy: given, attemptNumber, random, now: 1_000 });
        expect(next.kind === 'retry' && Number.isInteger(next.at) && next.at > 1_000).toBe(true);
      }),
    );
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2030-01-31T09:00:00Z');
  const failed = { policy: {}, attemptNumber: 1, random: 0.5, now };

  test('is waited for, to the millisecond', () => {
    expect(nextAttempt({ ...failed, retryAfterMs: 120_000 })).toEqual({ kind: 'retry', at: now + 120_000 });
  });

  test('never shortens the wait of the policy', () => {
    expect(nextAttempt({ ...failed, attemptNumber: 10, retryAfterMs: 1_000 })).toEqual({
      kind: 'retry',
      at: now + 512_000,
    });
  });

  test.each([
    ['seconds', '120', 120_000],
    ['zero', '0', 0],
    ['more than a day', '999999', 86_400_000],
    ['an HTTP date', 'Thu, 31 Jan 2030 09:05:00 GMT', 300_000],
    ['a date of the old form', 'Thursday, 31-Jan-30 09:05:00 GMT', 300_000],
    ['a date that is past', 'Thu, 31 Jan 2030 08:00:00 GMT', 0],
    ['a date in a hundred years', 'Fri, 31 Jan 2130 09:00:00 GMT', 86_400_000],
  ])('is read as %s', (_, header, waitMs) => {
    expect(readRetryAfter(header, now)).toBe(waitMs);
  });

  test.each(['', 'soon', '-5', '1.5', '12 apples', '2030-01-31', 'Thu, whenever 09:00:00 GMT'])(
    'that says "%s" is passed over',
    (header) => {
      expect(readRetryAfter(header, now)).toBeUndefined();
    },
  );

  test('that is missing asks for nothing', () => {
    expect(readRetryAfter(undefined, now)).toBeUndefined();
  });
});
