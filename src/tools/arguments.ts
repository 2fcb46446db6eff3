import { z } from 'zod';

/** Arguments that several tools take. A model reads the descriptions. */

export const Category = z
  .string()
  .trim()
  .toLowerCase()
  .min(1)
  .max(100)
  .describe('A category of the marketplace, such as electronics');

const DAYS = { '1h': 1 / 24, '24h': 1, '7d': 7, '30d': 30, '90d': 90 } as const;
export const Period = z
  .enum(['1h', '24h', '7d', '30d', '90d'])
  .describe('The time before now that is looked at: 1h, 24h, 7d, 30d or 90d');
export type Period = z.infer<typeof Period>;

/** Where a period begins that ends at a moment (ms since 1970). */
export const sinceOf = (period: Period, now: number): Date => new Date(now - DAYS[period] * 86_400_000);

/** No price and no sum is larger. */
const LARGEST_PRICE = 1_000_000_000;
/** In US dollars. */
export const Price = z.number().min(0).max(LARGEST_PRICE);

export const centsOf = (dollars: number): number => Math.round(dollars * 100);
/** To the cent. */
export const dollarsOf = (cents: number): number => Math.round(cents) / 100;
/** To one decimal. */
export const tenths = (value: number): number => Math.round(value * 10) / 10;
