import { describe, expect, test } from '@jest/globals';
import { LINGER_MS, restOf } from '../../src/domain/endpoint-rest.js';

const NOW = Date.parse('2030-01-31T09:00:00.000Z');
const inMs = (ms: number) => new Date(NOW + ms).toISOString();
const restAfter = (nextAttemptAt: string | null, sinceWordMs: number) =>
  restOf({ nextAttemptAt, lastWordAt: NOW - sinceWordMs, now: NOW });

describe('a receiver without a recent word', () => {
  test('is looked at a second before its next attempt', () => {
    expect(restAfter(inMs(60_000), 5_000)).toBe(59_000);
  });

  test('is looked at without a rest when the attempt is due', () => {
    expect(restAfter(inMs(500), 5_000)).toBeLessThanOrEqual(0);
    expect(restAfter(inMs(-60_000), 5_000)).toBeLessThanOrEqual(0);
  });

  test('and without anything pending is given the rest of its time', () => {
    expect(restAfter(null, 5_000)).toBe(LINGER_MS - 5_000);
  });
});

describe('a receiver of which a word came just now', () => {
  test('is looked at once more, two seconds after the word', () => {
    expect(restAfter(inMs(3_600_000), 0)).toBe(2_000);
    expect(restAfter(null, 500)).toBe(1_500);
  });

  test('is looked at sooner when something is due sooner', () => {
    expect(restAfter(inMs(1_200), 0)).toBe(200);
  });
});
