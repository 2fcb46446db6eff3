import type { Generated } from 'kysely';
import type { Json } from './json-column.js';

/** Something that is for sale, or was. Prices are in cents. */
export interface ListingTable {
  id: string;
  org_id: string;
  title: string;
  description: string;
  category: string;
  price_cents: number;
  currency: Generated<string>;
  status: 'active' | 'sold' | 'withdrawn';
  seller_id: string;
  created_at: Generated<Date>;
}

/** What something was sold for: the history of prices. */
export interface SaleTable {
  id: string;
  org_id: string;
  listing_id: string | null;
  category: string;
  price_cents: number;
  sold_at: Date;
}

/** Something that a user did. */
export interface UserActivityTable {
  id: string;
  org_id: string;
  user_id: string;
  /** `view`, `search`, `purchase`, … */
  kind: string;
  data: Json<Record<string, unknown>>;
  at: Date;
}

/** Content that somebody put together. */
export interface CollectionTable {
  id: string;
  org_id: string;
  name: string;
  description: string;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

export interface CollectionItemTable {
  collection_id: string;
  org_id: string;
  item_id: string;
  position: number;
  note: string | null;
  added_at: Generated<Date>;
}

/** A message to a user, inside the product. */
export interface NotificationTable {
  id: string;
  org_id: string;
  user_id: string;
  title: string;
  body: string;
  level: 'info' | 'warning' | 'critical';
  /** The tool call that sent it: a second one finds it. */
  created_by: string | null;
  created_at: Generated<Date>;
  read_at: Date | null;
}
