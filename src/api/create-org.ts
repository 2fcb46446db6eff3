import { v7 as newId } from 'uuid';
import type { Db } from '../db/database.js';
import { ensureOrg, findOrg } from '../db/orgs.js';
import type { Tier } from '../schemas/api-key.js';
import type { Vault } from '../secrets/vault.js';
import { generateWebhookSecret } from '../secrets/webhook-secret.js';
import { mintAdminToken } from './admin-token.js';
import { issueKey } from './issue-key.js';

/** What an organisation's id may be: it stands in workflow ids and URLs. */
export const ORG_ID = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export interface CreatedOrg {
  orgId: string;
  key: string;
  adminToken: string;
}

/** Makes an organisation with its first key and admin token, both shown here only; null when the id is taken. */
export async function createOrg(
  { db, vault, now }: { db: Db; vault: Vault; now: number },
  { orgId, name, tier }: { orgId: string; name: string; tier: Tier },
): Promise<CreatedOrg | null> {
  if (await findOrg(db, orgId)) return null;
  const webhookSecret = vault.seal(generateWebhookSecret());
  const org = await ensureOrg(db, { id: orgId, name, tier, webhookSecret });
  const { key } = await issueKey(
    { db, vault },
    { id: newId(), orgId, name: 'First key', tier, tenants: null },
  );
  const adminToken = await mintAdminToken(vault, { orgId, credentialVersion: org.credential_version, now });
  return { orgId, key, adminToken };
}
