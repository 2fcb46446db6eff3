import { z } from 'zod';
import { getListing, insertListings } from '../../db/listings.js';
import { Category, centsOf, Price } from '../arguments.js';
import { defineBuiltin } from '../builtin.js';
import { idOfCall } from '../id-of-call.js';
import { listingAnswer } from './listing-answer.js';

export const createListing = defineBuiltin({
  name: 'create_listing',
  version: '1.0',
  category: 'market',
  description:
    'Puts something up for sale in the marketplace, at once and for everybody. Answers the listing.',
  isRepeatable: true,
  schema: z.strictObject({
    title: z.string().trim().min(1).max(200),
    description: z.string().trim().max(5_000).default(''),
    category: Category,
    price: Price.describe('In US dollars'),
    seller_id: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Who sells it; by default the user whom the task is for'),
  }),
  async execute({ title, description, category, price, seller_id: seller }, context) {
    const { database, orgId, userId, agent, now } = context;
    const id = idOfCall(context);
    const listing = { id, org_id: orgId, title, description, category, status: 'active' as const };
    await insertListings(database.db, [
      {
        ...listing,
        price_cents: centsOf(price),
        seller_id: seller ?? userId ?? agent.id,
        created_at: new Date(now()),
      },
    ]);
    const row = await getListing(database.db, orgId, id);
    if (!row) throw new Error('the listing is gone already');
    return { listing: listingAnswer(row) };
  },
});
