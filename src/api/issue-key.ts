import { type ApiKeyRow, ensureApiKey } from '../db/api-keys.js';
import type { Db } from '../db/database.js';
import type { Tier } from '../schemas/api-key.js';
import type { Vault } from '../secrets/vault.js';
import { generateKey, shownPart } from './keys.js';

export interface KeyWish {
  id: string;
  orgId: string;
  name: string;
  tier: Tier;
  tenants: string[] | null;
  /** A key that is known already, instead of a new one. */
  key?: string;
}

/** Makes an API key. Only its digest is kept: the key itself is answered here and never again. */
export async function issueKey(
  { db, vault }: { db: Db; vault: Vault },
  { key = generateKey(), ...wish }: KeyWish,
): Promise<{ row: ApiKeyRow; key: string }> {
  const [digest] = vault.digests(key);
  return { row: await ensureApiKey(db, { ...wish, prefix: shownPart(key), digest }), key };
}
