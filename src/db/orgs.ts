import type { Selectable } from 'kysely';
import type { Tier } from '../schemas/api-key.js';
import type { Db } from './database.js';
import { notify } from './notify.js';
import type { OrgTable } from './tables.js';

export type OrgRow = Selectable<OrgTable>;

export interface NewOrg {
  id: string;
  name: string;
  tier: Tier;
  /** Sealed. */
  webhookSecret: string;
}

/** Makes an organisation unless its id is taken. Answers the row that stands. */
export async function ensureOrg(db: Db, { id, name, tier, webhookSecret }: NewOrg): Promise<OrgRow> {
  await db
    .insertInto('orgs')
    .values({ id, name, tier, webhook_secret: webhookSecret })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  return db.selectFrom('orgs').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

export async function findOrg(db: Db, id: string): Promise<OrgRow | undefined> {
  return db.selectFrom('orgs').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The new sealed secret signs from now on; the one before signs as well until `previousUntil`. */
export async function rotateWebhookSecret(
  db: Db,
  { orgId, secret, previousUntil }: { orgId: string; secret: string; previousUntil: Date },
): Promise<OrgRow | undefined> {
  const org = await db
    .updateTable('orgs')
    .set((row) => ({
      previous_webhook_secret: row.ref('webhook_secret'),
      previous_secret_until: previousUntil,
      webhook_secret: secret,
    }))
    .where('id', '=', orgId)
    .returningAll()
    .executeTakeFirst();
  if (org) await notify(db, 'keys', orgId);
  return org;
}

/** From now on every admin token that was signed before is refused. Answers the new version. */
export async function raiseCredentialVersion(db: Db, orgId: string): Promise<number | undefined> {
  const org = await db
    .updateTable('orgs')
    .set((row) => ({ credential_version: row('credential_version', '+', 1) }))
    .where('id', '=', orgId)
    .returning('credential_version')
    .executeTakeFirst();
  if (org) await notify(db, 'keys', orgId);
  return org?.credential_version;
}
