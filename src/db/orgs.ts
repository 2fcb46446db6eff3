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

/** Whoever else asks for this waits until the transaction ends; others may read the organisation, and write what is its. */
export async function lockOrg(tx: Db, id: string): Promise<void> {
  await tx.selectFrom('orgs').select('id').where('id', '=', id).forNoKeyUpdate().execute();
}

/** What a request for a new secret met. `changed: false` with a row: the last change still overlaps. */
export interface Rotation {
  changed: boolean;
  row: OrgRow | undefined;
}

/**
 * The new sealed secret signs from now on; the one before signs as well until `previousUntil`. Until then there is no
 * further change: it would drop a secret that somebody was promised to be able to verify with.
 */
export async function rotateWebhookSecret(
  db: Db,
  { orgId, secret, now, previousUntil }: { orgId: string; secret: string; now: Date; previousUntil: Date },
): Promise<Rotation> {
  const row = await db
    .updateTable('orgs')
    .set((org) => ({
      previous_webhook_secret: org.ref('webhook_secret'),
      previous_secret_until: previousUntil,
      webhook_secret: secret,
    }))
    .where('id', '=', orgId)
    .where((org) =>
      org.or([org('previous_secret_until', 'is', null), org('previous_secret_until', '<=', now)]),
    )
    .returningAll()
    .executeTakeFirst();
  if (!row) return { changed: false, row: await findOrg(db, orgId) };
  await notify(db, 'keys', orgId);
  return { changed: true, row };
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
