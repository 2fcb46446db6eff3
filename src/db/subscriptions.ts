import type { Selectable } from 'kysely';
import type { Db } from './database.js';
import type { SubscriptionTable } from './tables.js';

export type SubscriptionRow = Selectable<SubscriptionTable>;

export interface NewSubscription {
  id: string;
  orgId: string;
  /** Sealed where it carries credentials. */
  url: string;
  /** Scheme, host and port of the URL. */
  receiver: string;
  types: string[];
}

/** From now on what matches is delivered; the deliveries are made by the database itself (migration 0002). */
export async function createSubscription(db: Db, subscription: NewSubscription): Promise<SubscriptionRow> {
  const { id, orgId, url, receiver, types } = subscription;
  return db
    .insertInto('subscriptions')
    .values({ id, org_id: orgId, url, receiver, types: JSON.stringify(types) })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** An organisation's subscriptions, the oldest first. */
export async function listSubscriptions(db: Db, orgId: string): Promise<SubscriptionRow[]> {
  return db
    .selectFrom('subscriptions')
    .selectAll()
    .where('org_id', '=', orgId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

/** Ends a subscription; what it has made already is still delivered. False where there is none. */
export async function deleteSubscription(
  db: Db,
  { orgId, id }: { orgId: string; id: string },
): Promise<boolean> {
  const deleted = await db
    .deleteFrom('subscriptions')
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return deleted !== undefined;
}
