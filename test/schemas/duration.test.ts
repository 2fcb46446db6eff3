import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Duration, HORIZON_MS, Instant } from '../../src/schemas/duration.js';

describe('a duration', () => {
  test.each([
    ['2000ms', 2_000],
    ['300s', 300_000],
    ['0.5s', 500],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1h30m', 5_400_000],
    ['PT5M', 300_000],
    ['P1DT2H', 93_600_000],
    ['P2W', 1_209_600_000],
    ['PT0.5S', 500],
    [1, 1],
    [90_000, 90_000],
    ['1825d', HORIZON_MS],
  ])('%p is %p ms', (text, millis) => {
    expect(Duration.parse(text)).toBe(millis);
  });

  test.each([
    '',
    '5',
    'abc',
    '-5m',
    '5m garbage',
    '1e3s',
    '5 minutes',
    '5M',
    'P1M',
    'P1Y',
    'PT',
    'P',
    '0s',
    '0.0001ms',
    '1826d',
    '99999999999d',
    'PT99999999999H',
    0,
    -1,
    1.5,
    Number.NaN,
    1e308,
    null,
    {},
    [],
  ])('%p is refused', (text) => {
    expect(Duration.safeParse(text).success).toBe(false);
  });

  test('parts add up, whatever they are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999 }), fc.integer({ min: 1, max: 59 }), (hours, seconds) => {
        expect(Duration.parse(`${hours}h${seconds}s`)).toBe(hours * 3_600_000 + seconds * 1_000);
      }),
    );
  });
});

describe('a moment in a request', () => {
  test('carries its offset', () => {
    expect(Instant.parse('2030-01-31T10:00:00+01:00').toISOString()).toBe('2030-01-31T09:00:00.000Z');
  });

  test.each(['2030-01-31T10:00:00', '2030-01-31', '2030-02-31T10:00:00Z', 'tomorrow', 1_900_000_000, ''])(
    '%p is refused',
    (text) => {
      expect(Instant.safeParse(text).success).toBe(false);
    },
  );
});
