import { z } from 'zod';
import { findListings, LISTING_SORTS } from '../../db/listings.js';
import { Category, centsOf, Price } from '../arguments.js';
import { defineBuiltin } from '../builtin.js';
import { listingAnswer } from './listing-answer.js';

const MOST_WORDS = 10;

export const getListings = defineBuiltin({
  name: 'get_listings',
  version: '1.0',
  category: 'market',
  description:
    'Finds what is for sale in the marketplace. Answers listings with id, title, price, status and seller, and ' +
    'under total how many match in all. Every filter is optional; they all have to match.',
  isRepeatable: true,
  schema: z.strictObject({
    category: Category.optional(),
    text: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .optional()
      .describe('Words that all have to stand in the title or the description'),
    min_price: Price.optional().describe('In US dollars'),
    max_price: Price.optional().describe('In US dollars'),
    status: z.enum(['active', 'sold', 'withdrawn']).default('active'),
    seller_id: z.string().min(1).max(200).optional(),
    sort: z.enum(LISTING_SORTS).default('newest'),
    limit: z.int().min(1).max(100).default(20).describe('How many listings to answer'),
    offset: z.int().min(0).max(100_000).default(0).describe('How many to leave out first: for the next page'),
  }),
  async execute(args, { database, orgId }) {
    const { category, text, min_price: min, max_price: max, status, seller_id: sellerId } = args;
    const filter = {
      ...{ orgId, category, status, sellerId },
      words: text?.split(/\s+/).slice(0, MOST_WORDS) ?? [],
      minCents: min === undefined ? undefined : centsOf(min),
      maxCents: max === undefined ? undefined : centsOf(max),
    };
    const { listings, total } = await findListings(database.db, filter, args);
    return { listings: listings.map(listingAnswer), total, limit: args.limit, offset: args.offset };
  },
});
