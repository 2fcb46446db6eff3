import type { Db } from '../db/database.js';
import { findOrg } from '../db/orgs.js';
import type { Vault } from '../secrets/vault.js';

/** For so long a rotation may go unnoticed; both secrets sign for a day. */
const KNOWN_MS = 1_000;

interface Known {
  secrets: Promise<readonly string[]>;
  untilMs: number;
}

/** The secrets that sign an organisation's webhooks at this moment, the current one first. Cached for 1 s. */
export function createSigningSecrets({
  db,
  vault,
  now = Date.now,
}: {
  db: Db;
  vault: Vault;
  now?: () => number;
}) {
  const known = new Map<string, Known>();

  async function read(orgId: string): Promise<readonly string[]> {
    const org = await findOrg(db, orgId);
    if (!org) throw new Error(`the organisation ${orgId} does not exist`);
    const { webhook_secret: current, previous_webhook_secret: previous, previous_secret_until: until } = org;
    const isOverlapping = previous !== null && until !== null && until.getTime() > now();
    return (isOverlapping ? [current, previous] : [current]).map((secret) => vault.open(secret));
  }

  return function secretsOf(orgId: string): Promise<readonly string[]> {
    const cached = known.get(orgId);
    if (cached && cached.untilMs > now()) return cached.secrets;
    if (known.size >= 10_000) known.clear();
    // While the database is silent, what was known still signs.
    const secrets = read(orgId).catch((error: unknown) => {
      if (cached) return cached.secrets;
      known.delete(orgId);
      throw error;
    });
    known.set(orgId, { secrets, untilMs: now() + KNOWN_MS });
    return secrets;
  };
}
