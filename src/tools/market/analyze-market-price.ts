import { z } from 'zod';
import type { Db } from '../../db/database.js';
import { getListing, type ListingRow, listCategories } from '../../db/listings.js';
import {
  askedFigures,
  type PriceFigures,
  type SaleBucket,
  saleHistory,
  soldFigures,
} from '../../db/sales.js';
import {
  differencePercent,
  type PriceTrend,
  priceTrendOf,
  suggestedRange,
} from '../../domain/price-trend.js';
import { InvalidInput } from '../../plugin/define-tool.js';
import { Category, dollarsOf, Period, sinceOf, tenths } from '../arguments.js';
import { defineBuiltin } from '../builtin.js';
import { listingAnswer } from './listing-answer.js';

const rounded = (cents: number | null) => (cents === null ? null : dollarsOf(cents));

const figuresAnswer = ({ count, min, median, mean, max }: PriceFigures) => ({
  count,
  ...{ min: rounded(min), median: rounded(median), mean: rounded(mean), max: rounded(max) },
});

const bucketAnswer = ({ at, count, min, median, mean, max }: SaleBucket) => ({
  from: at.toISOString().slice(0, 10),
  count,
  ...{ min: dollarsOf(min), median: dollarsOf(median), mean: dollarsOf(mean), max: dollarsOf(max) },
});

const trendAnswer = (trend: PriceTrend | null) =>
  trend && {
    direction: trend.direction,
    slope_per_day: dollarsOf(trend.slopePerDay),
    change_percent: tenths(trend.changePercent),
    fit: Math.round(trend.fit * 100) / 100,
  };

/** From what was paid; where nothing was sold, from what is asked. */
function suggestion(sold: PriceFigures, asked: PriceFigures, trend: PriceTrend | null) {
  const basis = sold.count > 0 ? sold : asked;
  const { lower_quartile: lower, median, upper_quartile: upper } = basis;
  if (lower === null || median === null || upper === null) return null;
  const { low, typical, high } = suggestedRange({ lower, median, upper }, trend);
  return {
    ...{ low: dollarsOf(low), typical: dollarsOf(typical), high: dollarsOf(high) },
    based_on: basis === sold ? 'sales' : 'active_listings',
  };
}

function compared(listing: ListingRow, typical: number | undefined) {
  const difference =
    typical === undefined ? null : differencePercent(dollarsOf(listing.price_cents), typical);
  return {
    ...listingAnswer(listing),
    difference_from_typical_percent: difference === null ? null : tenths(difference),
  };
}

async function subjectOf(
  db: Db,
  orgId: string,
  { category, listing_id: id }: { category?: string | undefined; listing_id?: string | undefined },
): Promise<{ category: string; listing: ListingRow | undefined }> {
  if (id === undefined) {
    if (category === undefined) throw new InvalidInput('either category or listing_id is needed');
    return { category, listing: undefined };
  }
  const listing = await getListing(db, orgId, id);
  if (!listing) throw new InvalidInput(`there is no listing "${id}"`);
  return { category: listing.category, listing };
}

export const analyzeMarketPrice = defineBuiltin({
  name: 'analyze_market_price',
  version: '1.0',
  category: 'market',
  description:
    'Says what things of a category (or like a listing) cost: figures of what is asked now and of what was paid, ' +
    'the history of prices, their trend (rising, falling or flat) and a price to suggest. In US dollars.',
  isRepeatable: true,
  schema: z
    .strictObject({
      category: Category.optional().describe('The category to analyse; needed unless listing_id is given'),
      listing_id: z.string().min(1).max(200).optional().describe('Compares this listing with its category'),
      period: Period.default('30d'),
      interval: z
        .enum(['day', 'week'])
        .optional()
        .describe('Of the history; by default week for 90d, otherwise day'),
    })
    .refine(({ category, listing_id: id }) => category !== undefined || id !== undefined, {
      error: 'either category or listing_id is needed',
    }),
  async execute(args, { database: { db }, orgId, now }) {
    const { category, listing } = await subjectOf(db, orgId, args);
    const { period, interval = period === '90d' ? 'week' : 'day' } = args;
    const span = { orgId, category, since: sinceOf(period, now()) };
    const sold = await soldFigures(db, span);
    const asked = await askedFigures(db, span);
    const history = await saleHistory(db, span, interval);
    const trend = priceTrendOf(
      history.map(({ at, median, count }) => ({ at: at.getTime(), price: median, weight: count })),
    );
    const suggested = suggestion(sold, asked, trend);
    const isUnknown = sold.count === 0 && asked.count === 0;
    return {
      ...{ category, period, currency: 'USD' },
      active_listings: figuresAnswer(asked),
      sales: figuresAnswer(sold),
      history: { interval, points: history.map(bucketAnswer) },
      trend: trendAnswer(trend),
      suggested_price: suggested,
      ...(listing ? { listing: compared(listing, suggested?.typical) } : {}),
      ...(isUnknown ? { known_categories: await listCategories(db, orgId) } : {}),
    };
  },
});
