import type { ListingRow } from '../../db/listings.js';
import { dollarsOf } from '../arguments.js';

/** A listing as tools answer it. */
export const listingAnswer = (row: ListingRow) => ({
  id: row.id,
  title: row.title,
  description: row.description,
  category: row.category,
  price: dollarsOf(row.price_cents),
  currency: row.currency,
  status: row.status,
  seller_id: row.seller_id,
  created_at: row.created_at.toISOString(),
});
