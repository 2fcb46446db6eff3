import { describe, expect, test } from '@jest/globals';
import { missedOf, nextOccurrence, type Series } from '../../src/domain/repeat.js';

const series = (over: Partial<Series> = {}): Series => ({
  everyMs: 1_000,
  firstAt: 10_000,
  occurrence: 1,
  count: null,
  until: null,
  ...over,
});

describe('a repeating timer', () => {
  test('keeps its rate from the first occurrence on, however late one fires', () => {
    expect(nextOccurrence(series(), 10_400)).toEqual({ occurrence: 2, fireAt: 11_000 });
    expect(nextOccurrence(series({ occurrence: 5 }), 13_980)).toEqual({ occurrence: 6, fireAt: 15_000 });
  });

  test('makes one of the occurrences that an outage swallowed', () => {
    expect(missedOf(series(), 13_700)).toBe(3);
    expect(nextOccurrence(series(), 13_700)).toEqual({ occurrence: 5, fireAt: 14_000 });
  });

  test('ends after its count, missed ones included', () => {
    expect(nextOccurrence(series({ occurrence: 3, count: 3 }), 12_000)).toBeNull();
    expect(missedOf(series({ count: 3 }), 99_000)).toBe(2);
    expect(nextOccurrence(series({ count: 3 }), 99_000)).toBeNull();
  });

  test('has no occurrence after its end', () => {
    expect(nextOccurrence(series({ occurrence: 2, until: 12_000 }), 11_000)).toEqual({
      occurrence: 3,
      fireAt: 12_000,
    });
    expect(nextOccurrence(series({ occurrence: 2, until: 11_999 }), 11_000)).toBeNull();
  });

  test('claimed shortly before it is due has missed nothing', () => {
    expect(missedOf(series(), 9_980)).toBe(0);
    expect(nextOccurrence(series(), 9_980)).toEqual({ occurrence: 2, fireAt: 11_000 });
  });
});
