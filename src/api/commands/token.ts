import { parseArgs } from 'node:util';
import { raiseCredentialVersion } from '../../db/orgs.js';
import { DEFAULT_TOKEN_DAYS, MOST_TOKEN_DAYS, mintAdminToken } from '../admin-token.js';
import { readOrg } from './arguments.js';
import { type Command, runCommand, UsageError } from './run.js';

const USAGE = `npm run token -- --org <id> [--days ${DEFAULT_TOKEN_DAYS}] [--revoke-others]

  Prints an admin token of an organisation. With --revoke-others every token before it is refused.`;

const token: Command = async (args, desk) => {
  const { values } = parseArgs({
    args,
    options: { org: { type: 'string' }, days: { type: 'string' }, 'revoke-others': { type: 'boolean' } },
  });
  const days = Number(values.days ?? DEFAULT_TOKEN_DAYS);
  if (!(days > 0 && days <= MOST_TOKEN_DAYS))
    throw new UsageError(`--days is above 0 and at most ${MOST_TOKEN_DAYS}`);
  const org = await readOrg(desk, values.org);
  const raised = values['revoke-others'] ? await raiseCredentialVersion(desk.db, org.id) : undefined;
  const credentialVersion = raised ?? org.credential_version;
  return [await mintAdminToken(desk.vault, { orgId: org.id, credentialVersion, days, now: desk.now })];
};

await runCommand(token, USAGE);
