import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Db } from './database.js';
import type { SaleTable } from './tables-of-tools.js';

export type SaleRow = Selectable<SaleTable>;

/** What prices of one kind come to, in cents; all of them null where there are none. */
export interface PriceFigures {
  count: number;
  min: number | null;
  lower_quartile: number | null;
  median: number | null;
  mean: number | null;
  upper_quartile: number | null;
  max: number | null;
}

const FIGURES = sql`
  count(*)::int as count, min(price_cents)::float8 as min, max(price_cents)::float8 as max,
  avg(price_cents)::float8 as mean,
  percentile_cont(0.25) within group (order by price_cents) as lower_quartile,
  percentile_cont(0.5) within group (order by price_cents) as median,
  percentile_cont(0.75) within group (order by price_cents) as upper_quartile`;

async function figuresOf(db: Db, rows: RawBuilder<unknown>): Promise<PriceFigures> {
  const found = await sql<PriceFigures>`select ${FIGURES} from ${rows}`.execute(db);
  const [figures] = found.rows;
  if (!figures) throw new Error('an aggregate has one row');
  return figures;
}

export interface MarketSpan {
  orgId: string;
  category: string;
  since: Date;
}

/** What is asked for now. */
export const askedFigures = (db: Db, { orgId, category }: Omit<MarketSpan, 'since'>): Promise<PriceFigures> =>
  figuresOf(db, sql`listings where org_id = ${orgId} and category = ${category} and status = 'active'`);

/** What was paid since a moment. */
export const soldFigures = (db: Db, { orgId, category, since }: MarketSpan): Promise<PriceFigures> =>
  figuresOf(db, sql`sales where org_id = ${orgId} and category = ${category} and sold_at >= ${since}`);

/** Sales of one day or week (UTC), in cents. */
export interface SaleBucket {
  /** Its beginning. */
  at: Date;
  count: number;
  min: number;
  median: number;
  mean: number;
  max: number;
}

/** Days or weeks with sales since a moment, the oldest first. */
export async function saleHistory(
  db: Db,
  { orgId, category, since }: MarketSpan,
  unit: 'day' | 'week',
): Promise<SaleBucket[]> {
  const { rows } = await sql<SaleBucket>`
    select date_trunc(${unit}, sold_at, 'UTC') as at, ${FIGURES}
    from sales where org_id = ${orgId} and category = ${category} and sold_at >= ${since}
    group by 1 order by 1`.execute(db);
  return rows;
}

/** A category as a report shows it; prices in cents. */
export interface CategoryFigures {
  category: string;
  active: number;
  asked_mean: number | null;
  sold: number;
  revenue: number;
  sold_median: number | null;
}

/** All categories with something for sale now or sold since a moment; the 1,000 first by name. */
export async function categoryFigures(db: Db, orgId: string, since: Date): Promise<CategoryFigures[]> {
  const { rows } = await sql<CategoryFigures>`
    with asked as (
      select category, count(*)::int as active, avg(price_cents)::float8 as asked_mean
      from listings where org_id = ${orgId} and status = 'active' group by category),
    paid as (
      select category, count(*)::int as sold, sum(price_cents)::float8 as revenue,
        percentile_cont(0.5) within group (order by price_cents) as sold_median
      from sales where org_id = ${orgId} and sold_at >= ${since} group by category)
    select category, coalesce(active, 0) as active, asked_mean, coalesce(sold, 0) as sold,
      coalesce(revenue, 0) as revenue, sold_median
    from asked full join paid using (category) order by category limit 1000`.execute(db);
  return rows;
}

/** Writes sales; one whose id is taken stays as it is. */
export async function insertSales(db: Db, sales: readonly SaleRow[]): Promise<void> {
  await sql`
    insert into sales (id, org_id, listing_id, category, price_cents, sold_at)
    select id, org_id, listing_id, category, price_cents, sold_at
    from json_to_recordset(${JSON.stringify(sales)}::json) as given (
      id text, org_id text, listing_id text, category text, price_cents bigint, sold_at timestamptz)
    on conflict do nothing`.execute(db);
}
