import type { Kysely } from 'kysely';
import { addItems, findCollection, insertCollection } from '../../db/collections.js';
import { insertListings, type NewListing } from '../../db/listings.js';
import { insertSales } from '../../db/sales.js';
import type { Tables } from '../../db/tables.js';
import { insertActivities } from '../../db/user-activities.js';
import { SAMPLE_COLLECTIONS } from './assortment.js';
import { sampleId, sampleRows } from './rows.js';

const ITEMS = 6;

async function writeCollections(
  tx: Kysely<Tables>,
  orgId: string,
  listings: readonly NewListing[],
): Promise<void> {
  for (const { name, description, category } of SAMPLE_COLLECTIONS) {
    const id = sampleId(orgId, `collection ${name}`);
    await insertCollection(tx, { id, orgId, name, description });
    const row = await findCollection(tx, orgId, id);
    const items = listings.filter((listing) => listing.category === category && listing.status === 'active');
    // Somebody's own collection may have the name.
    if (row)
      await addItems(
        tx,
        row,
        items.slice(0, ITEMS).map((item) => ({ item_id: item.id })),
      );
  }
}

/** What an organisation was given. */
export interface SampleCounts {
  listings: number;
  sales: number;
  activities: number;
  collections: number;
}

/** Gives an organisation a small marketplace with its past. What stands of it stays: a second time adds nothing. */
export async function writeSampleData(db: Kysely<Tables>, orgId: string, now: number): Promise<SampleCounts> {
  const { listings, sales, activities } = sampleRows(orgId, now);
  await db.transaction().execute(async (tx) => {
    await insertListings(tx, listings);
    await insertSales(tx, sales);
    await insertActivities(tx, activities);
    await writeCollections(tx, orgId, listings);
  });
  return {
    ...{ listings: listings.length, sales: sales.length, activities: activities.length },
    collections: SAMPLE_COLLECTIONS.length,
  };
}
