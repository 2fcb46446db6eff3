import type { Command } from 'commander';
import type { Desk } from '../desk.js';
import { UsageError } from '../failure.js';
import { onDatabase } from '../on-database.js';

interface Options {
  org: string;
  days?: string;
  revokeOthers?: boolean;
}

async function mint(desk: Desk, { org: orgId, days: given, revokeOthers }: Options): Promise<void> {
  const [
    { DEFAULT_TOKEN_DAYS, MOST_TOKEN_DAYS, mintAdminToken },
    { raiseCredentialVersion },
    { requireOrg },
  ] = await Promise.all([
    import('../../api/admin-token.js'),
    import('../../db/orgs.js'),
    import('../desk.js'),
  ]);
  const days = Number(given ?? DEFAULT_TOKEN_DAYS);
  if (!(days > 0 && days <= MOST_TOKEN_DAYS))
    throw new UsageError(`--days is above 0 and at most ${MOST_TOKEN_DAYS}.`);
  const org = await requireOrg(desk, orgId);
  const raised = revokeOthers ? await raiseCredentialVersion(desk.db, org.id) : undefined;
  const credentialVersion = raised ?? org.credential_version;
  const token = await mintAdminToken(desk.vault, { orgId: org.id, credentialVersion, days, now: desk.now });
  desk.print.text(token, { token });
}

export function addToken(program: Command): void {
  onDatabase<Options>(
    program
      .command('token')
      .description('print an admin token of an organisation')
      .requiredOption('--org <id>', 'the organisation')
      .option('--days <days>', 'how long it works (30)')
      .option('--revoke-others', 'every token before it is refused'),
    mint,
  );
}
