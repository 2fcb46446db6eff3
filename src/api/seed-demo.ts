import type { Database } from '../db/database.js';
import { hasListings } from '../db/listings.js';
import { ensureOrg } from '../db/orgs.js';
import type { Catalogue } from '../hosted/catalogue.js';
import { ensureHosted } from '../hosted/ensure-hosted.js';
import type { Vault } from '../secrets/vault.js';
import { generateWebhookSecret } from '../secrets/webhook-secret.js';
import { issueKey } from './issue-key.js';
import { DEMO_KEY, DEMO_ORG } from './keys.js';
import { writeSampleData } from './sample-data/write.js';

export interface SeedOptions {
  vault: Vault;
  catalogue: Catalogue;
  /** Whether it is given a marketplace, so that its agents have something to say. */
  withSampleData: boolean;
}

/** What stands in development from the first start on: an organisation with a key that everybody knows, and its agents. */
export async function seedDemo(
  { db }: Database,
  { vault, catalogue, withSampleData }: SeedOptions,
): Promise<{ orgId: string; credentialVersion: number }> {
  const org = await ensureOrg(db, {
    id: DEMO_ORG,
    name: 'Demo',
    tier: 'pro',
    webhookSecret: vault.seal(generateWebhookSecret()),
  });
  // Under another secret key it has another digest: a further row, which the old key of the ring may still find.
  const id = `${DEMO_ORG}-${vault.digests(DEMO_KEY)[0].slice(0, 8)}`;
  await issueKey(
    { db, vault },
    { id, orgId: org.id, name: 'Demo', tier: 'pro', tenants: null, key: DEMO_KEY },
  );
  await ensureHosted(db, catalogue, vault, { orgId: org.id });
  if (withSampleData && !(await hasListings(db, org.id))) await writeSampleData(db, org.id, Date.now());
  return { orgId: org.id, credentialVersion: org.credential_version };
}
