import { findOrg, type OrgRow } from '../../db/orgs.js';
import { Tier } from '../../schemas/api-key.js';
import { type Desk, UsageError } from './run.js';

/** Throws for a tier that does not exist. */
export function readTier(text: string | undefined, initial: Tier): Tier {
  const tier = Tier.safeParse(text ?? initial);
  if (!tier.success) throw new UsageError(`--tier is one of ${Tier.options.join(', ')}`);
  return tier.data;
}

/** Throws where the organisation is not named or does not exist. */
export async function readOrg({ db }: Desk, orgId: string | undefined): Promise<OrgRow> {
  if (orgId === undefined) throw new UsageError('--org is missing');
  const org = await findOrg(db, orgId);
  if (!org) throw new UsageError(`there is no organisation "${orgId}"`);
  return org;
}
