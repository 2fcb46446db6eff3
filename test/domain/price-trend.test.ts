import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { differencePercent, priceTrendOf, suggestedRange } from '../../src/domain/price-trend.js';

const DAY_MS = 86_400_000;
const daily = (...prices: number[]) =>
  prices.map((price, day) => ({ at: 1_900_000_000_000 + day * DAY_MS, price, weight: 1 }));

test('prices that rise by the same every day have that slope, and the line explains all of them', () => {
  expect(priceTrendOf(daily(100, 110, 120, 130))).toMatchObject({
    direction: 'rising',
    slopePerDay: 10,
    changePercent: 30,
    fit: 1,
    latest: 130,
    mean: 115,
  });
});

test('prices that fall and prices that hardly move are told apart', () => {
  expect(priceTrendOf(daily(200, 150, 100))).toMatchObject({ direction: 'falling', changePercent: -50 });
  expect(priceTrendOf(daily(100, 101, 100, 102))).toMatchObject({ direction: 'flat' });
  expect(priceTrendOf(daily(100, 100))).toMatchObject({ direction: 'flat', slopePerDay: 0, fit: 1 });
});

test('a day with many sales counts for more than one with few', () => {
  const [first, last] = daily(100, 200);
  const late = { at: 1_900_000_000_000 + 2 * DAY_MS, price: 100, weight: 1 };
  if (!first || !last) throw new Error('there are two days');
  const trend = priceTrendOf([first, { ...last, weight: 100 }, { ...late, weight: 100 }]);
  expect(trend?.direction).toBe('falling');
});

test.each([
  ['nothing', []],
  ['one moment', daily(100)],
  ['several prices of one moment', [...daily(100), ...daily(200)]],
  ['sales that count for nothing', daily(1, 2, 3).map((point) => ({ ...point, weight: 0 }))],
])('there is no trend in %s', (_, points) => {
  expect(priceTrendOf(points)).toBeNull();
});

test('whatever the prices are, a trend is a number in its bounds', () => {
  const point = fc.record({
    at: fc.integer({ min: 0, max: 4e12 }),
    price: fc.integer({ min: 0, max: 1e11 }),
    weight: fc.integer({ min: 1, max: 1_000 }),
  });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 30 }), (points) => {
      const trend = priceTrendOf(points);
      if (trend === null) return;
      for (const figure of [trend.slopePerDay, trend.changePercent, trend.latest])
        expect(Number.isFinite(figure)).toBe(true);
      expect(trend.fit).toBeGreaterThanOrEqual(0);
      expect(trend.fit).toBeLessThanOrEqual(1 + 1e-6);
    }),
  );
});

test('what is suggested moves along with the trend, but never by more than a quarter', () => {
  const quartiles = { lower: 80, median: 100, upper: 120 };
  expect(suggestedRange(quartiles, null)).toEqual({ low: 80, typical: 100, high: 120 });
  const rising = priceTrendOf(daily(90, 100, 110));
  expect(suggestedRange(quartiles, rising).typical).toBeCloseTo(110);
  const soaring = priceTrendOf(daily(1, 100, 500));
  expect(suggestedRange(quartiles, soaring)).toEqual({ low: 100, typical: 125, high: 150 });
});

test('a difference is a share of what it is compared with', () => {
  expect(differencePercent(75, 100)).toBe(-25);
  expect(differencePercent(75, 0)).toBeNull();
});
