import type { Database } from '../db/database.js';
import { ensureOrg } from '../db/orgs.js';
import type { Vault } from '../secrets/vault.js';
import { issueKey } from './issue-key.js';
import { DEMO_KEY, DEMO_ORG } from './keys.js';
import { generateWebhookSecret } from './webhook-secret.js';

/** What stands in development from the first start on: an organisation with a key that everybody knows. */
export async function seedDemo(
  { db }: Database,
  vault: Vault,
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
  return { orgId: org.id, credentialVersion: org.credential_version };
}
