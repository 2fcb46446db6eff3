import { expect, test } from '@jest/globals';
import { period, span } from '../../src/dashboard/span.js';

test('a span is told by its two largest units, without a gap at their borders', () => {
  const told = [0, 400, 999, 1_000, 59_400, 60_000, 185_000, 3_600_000, 5_400_000, 187_200_000];
  expect(told.map(span)).toEqual([
    '0s',
    '0s',
    '1s',
    '1s',
    '59s',
    '1m 00s',
    '3m 05s',
    '1h 00m',
    '1h 30m',
    '2d 04h',
  ]);
});

test('what has passed is no time at all', () => {
  expect(span(-5_000)).toBe('0s');
});

test('a span that stands still is told without what would be nothing', () => {
  const told = [30_000, 60_000, 90_000, 900_000, 3_600_000, 5_400_000, 86_400_000, 0];
  expect(told.map(period)).toEqual(['30s', '1m', '1m 30s', '15m', '1h', '1h 30m', '1d', '0s']);
});
