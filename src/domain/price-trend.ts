/** What was paid at a moment. */
export interface PricePoint {
  /** Milliseconds since 1970. */
  at: number;
  price: number;
  /** How many sales it stands for. */
  weight: number;
}

export type Direction = 'rising' | 'falling' | 'flat';

/** The straight line through prices over time that is nearest to them. */
export interface PriceTrend {
  direction: Direction;
  /** Of the price, a day. */
  slopePerDay: number;
  /** From the line's beginning to its end, in percent of its beginning. */
  changePercent: number;
  /** The share of the prices' variance that the line explains, from 0 to 1. */
  fit: number;
  /** Where the line ends: the price of today, without the chance of the last sales. */
  latest: number;
  mean: number;
}

const DAY_MS = 86_400_000;
/** Less than that over the whole period is no trend. */
const FLAT_PERCENT = 3;

const directionOf = (changePercent: number): Direction => {
  if (Math.abs(changePercent) < FLAT_PERCENT) return 'flat';
  return changePercent > 0 ? 'rising' : 'falling';
};

/** By weighted least squares; null where there are fewer than two moments to draw a line through. */
export function priceTrendOf(points: readonly PricePoint[]): PriceTrend | null {
  const moments = points.map(({ at }) => at);
  const [first, last] = [Math.min(...moments), Math.max(...moments)];
  if (!(last > first)) return null;
  const total = sumOf(points, ({ weight }) => weight);
  if (!(total > 0)) return null;
  const dayOf = ({ at }: PricePoint) => (at - first) / DAY_MS;
  const meanDay = sumOf(points, (point) => point.weight * dayOf(point)) / total;
  const mean = sumOf(points, ({ weight, price }) => weight * price) / total;
  const spread = sumOf(points, (point) => point.weight * (dayOf(point) - meanDay) ** 2);
  const together = sumOf(points, (point) => point.weight * (dayOf(point) - meanDay) * (point.price - mean));
  const variance = sumOf(points, ({ weight, price }) => weight * (price - mean) ** 2);
  if (!(spread > 0)) return null;
  const slopePerDay = together / spread;
  const begin = mean - slopePerDay * meanDay;
  const latest = begin + slopePerDay * ((last - first) / DAY_MS);
  const changePercent = begin > 0 ? ((latest - begin) / begin) * 100 : 0;
  const fit = variance > 0 ? together ** 2 / (spread * variance) : 1;
  return { direction: directionOf(changePercent), slopePerDay, changePercent, fit, latest, mean };
}

const sumOf = <T>(items: readonly T[], figure: (item: T) => number): number =>
  items.reduce((total, item) => total + figure(item), 0);

/** The middle half of prices. */
export interface Quartiles {
  lower: number;
  median: number;
  upper: number;
}

/** A price to ask: what sells soon, what is usual, what is still paid. */
export interface PriceRange {
  low: number;
  typical: number;
  high: number;
}

/** A trend moves the range of the whole period to its end, but by no more than that. */
const MOST_SHIFT = 0.25;

/** The middle half of what was paid, moved along the trend to now. */
export function suggestedRange({ lower, median, upper }: Quartiles, trend: PriceTrend | null): PriceRange {
  const shift = trend && trend.mean > 0 ? trend.latest / trend.mean - 1 : 0;
  const factor = 1 + Math.max(-MOST_SHIFT, Math.min(MOST_SHIFT, shift));
  return { low: lower * factor, typical: median * factor, high: upper * factor };
}

/** By how much a price differs from another, in percent of that; null where that is nothing. */
export const differencePercent = (price: number, from: number): number | null =>
  from > 0 ? ((price - from) / from) * 100 : null;
