import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Db } from './database.js';
import type { ListingTable } from './tables-of-tools.js';

export type ListingRow = Selectable<ListingTable>;

export const LISTING_SORTS = ['newest', 'oldest', 'price_low', 'price_high'] as const;
export type ListingSort = (typeof LISTING_SORTS)[number];

export interface ListingFilter {
  orgId: string;
  category?: string | undefined;
  status?: ListingRow['status'] | undefined;
  sellerId?: string | undefined;
  /** Each of them stands in the title or the description, whatever its case. */
  words?: readonly string[];
  minCents?: number | undefined;
  maxCents?: number | undefined;
}

const ORDERS: Record<ListingSort, RawBuilder<unknown>> = {
  newest: sql`created_at desc, id desc`,
  oldest: sql`created_at, id`,
  price_low: sql`price_cents, created_at desc, id desc`,
  price_high: sql`price_cents desc, created_at desc, id desc`,
};

function conditionOf({ orgId, category, status, sellerId, words = [], minCents, maxCents }: ListingFilter) {
  const conditions = [sql<boolean>`org_id = ${orgId}`];
  if (category !== undefined) conditions.push(sql`category = ${category}`);
  if (status !== undefined) conditions.push(sql`status = ${status}`);
  if (sellerId !== undefined) conditions.push(sql`seller_id = ${sellerId}`);
  if (minCents !== undefined) conditions.push(sql`price_cents >= ${minCents}`);
  if (maxCents !== undefined) conditions.push(sql`price_cents <= ${maxCents}`);
  for (const word of words)
    conditions.push(sql`strpos(lower(title || ' ' || description), lower(${word}::text)) > 0`);
  return sql.join(conditions, sql` and `);
}

/** A page of what matches, and how many match in all. */
export async function findListings(
  db: Db,
  filter: ListingFilter,
  { sort, limit, offset }: { sort: ListingSort; limit: number; offset: number },
): Promise<{ listings: ListingRow[]; total: number }> {
  const where = conditionOf(filter);
  const { rows: listings } = await sql<ListingRow>`
    select * from listings where ${where} order by ${ORDERS[sort]} limit ${limit} offset ${offset}`.execute(
    db,
  );
  const { rows } = await sql<{
    total: number;
  }>`select count(*)::int as total from listings where ${where}`.execute(db);
  return { listings, total: rows[0]?.total ?? 0 };
}

export async function getListing(db: Db, orgId: string, id: string): Promise<ListingRow | undefined> {
  return db
    .selectFrom('listings')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
}

export async function hasListings(db: Db, orgId: string): Promise<boolean> {
  const row = await db
    .selectFrom('listings')
    .select('id')
    .where('org_id', '=', orgId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** The categories that something is or was for sale in, in their order. */
export async function listCategories(db: Db, orgId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('listings')
    .select('category')
    .distinct()
    .where('org_id', '=', orgId)
    .orderBy('category')
    .limit(100)
    .execute();
  return rows.map(({ category }) => category);
}

export type NewListing = Omit<ListingRow, 'currency'>;

/** Writes listings; one whose id is taken stays as it is. */
export async function insertListings(db: Db, listings: readonly NewListing[]): Promise<void> {
  await sql`
    insert into listings (id, org_id, title, description, category, price_cents, status, seller_id, created_at)
    select id, org_id, title, description, category, price_cents, status, seller_id, created_at
    from json_to_recordset(${JSON.stringify(listings)}::json) as given (
      id text, org_id text, title text, description text, category text, price_cents bigint, status text,
      seller_id text, created_at timestamptz)
    on conflict do nothing`.execute(db);
}
