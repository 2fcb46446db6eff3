import type { Selectable } from 'kysely';
import type { Tier } from '../schemas/api-key.js';
import type { Db } from './database.js';
import { notify } from './notify.js';
import type { ApiKeyTable } from './tables.js';

export type ApiKeyRow = Selectable<ApiKeyTable>;

export interface NewApiKey {
  id: string;
  orgId: string;
  name: string;
  prefix: string;
  /** Under the vault's current key. */
  digest: string;
  tier: Tier;
  /** The only tenants that it may speak for; null: all. */
  tenants: string[] | null;
}

/** Makes a key unless one with its digest stands. Answers the key that stands. */
export async function ensureApiKey(db: Db, key: NewApiKey): Promise<ApiKeyRow> {
  const made = await db
    .insertInto('api_keys')
    .values({
      id: key.id,
      org_id: key.orgId,
      name: key.name,
      prefix: key.prefix,
      digest: key.digest,
      tier: key.tier,
      tenants: JSON.stringify(key.tenants),
    })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!made)
    return db.selectFrom('api_keys').selectAll().where('digest', '=', key.digest).executeTakeFirstOrThrow();
  await notify(db, 'keys', key.orgId);
  return made;
}

/** The key with one of the digests (one for each secret key of the vault), if it has not been revoked. */
export async function findApiKey(db: Db, digests: readonly string[]): Promise<ApiKeyRow | undefined> {
  if (digests.length === 0) return undefined;
  return db
    .selectFrom('api_keys')
    .selectAll()
    .where('digest', 'in', digests)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
}

/** An organisation's keys that have not been revoked, the oldest first. */
export async function listApiKeys(db: Db, orgId: string): Promise<ApiKeyRow[]> {
  return db
    .selectFrom('api_keys')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

/** Ends a key; every process is told. False where the organisation has no such key. */
export async function revokeApiKey(db: Db, { orgId, id }: { orgId: string; id: string }): Promise<boolean> {
  const revoked = await db
    .updateTable('api_keys')
    .set({ revoked_at: new Date() })
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (revoked) await notify(db, 'keys', orgId);
  return revoked !== undefined;
}
