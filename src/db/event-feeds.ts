import type { Db } from './database.js';
import { latestCursor } from './events.js';

interface FeedKey {
  orgId: string;
  name: string;
}

/** The last event that was carried; a feed that begins does so with what happens from now on. */
export async function cursorOfFeed(db: Db, { orgId, name }: FeedKey): Promise<string> {
  const standing = await db
    .selectFrom('event_feeds')
    .select('cursor')
    .where('org_id', '=', orgId)
    .where('name', '=', name)
    .executeTakeFirst();
  if (standing) return standing.cursor;
  const cursor = await latestCursor(db);
  await moveFeed(db, { orgId, name }, cursor);
  return cursor;
}

export async function moveFeed(db: Db, { orgId, name }: FeedKey, cursor: string): Promise<void> {
  await db
    .insertInto('event_feeds')
    .values({ org_id: orgId, name, cursor })
    .onConflict((conflict) => conflict.columns(['org_id', 'name']).doUpdateSet({ cursor }))
    .execute();
}
