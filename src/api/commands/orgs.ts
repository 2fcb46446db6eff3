import { parseArgs } from 'node:util';
import { ensureHosted } from '../../hosted/ensure-hosted.js';
import { loadCatalogue } from '../../hosted/index.js';
import { createOrg, ORG_ID } from '../create-org.js';
import { readTier } from './arguments.js';
import { type Command, runCommand, UsageError } from './run.js';

const USAGE = `npm run orgs -- create <id> [--name "Acme Inc."] [--tier free|pro|team|enterprise]

  Makes an organisation with the agents that come along; prints its first API key and an admin token, which are shown this once.
  <id> is 1 to 63 of a-z, 0-9 and -, and cannot be changed. The tier is pro unless it is said.`;

const orgs: Command = async (args, desk) => {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { name: { type: 'string' }, tier: { type: 'string' } },
  });
  const [verb, orgId, ...rest] = positionals;
  if (verb !== 'create' || orgId === undefined || rest.length > 0)
    throw new UsageError('what should be done?');
  if (!ORG_ID.test(orgId)) throw new UsageError(`"${orgId}" cannot be the id of an organisation`);
  const catalogue = await loadCatalogue(desk.config);
  const created = await createOrg(desk, {
    orgId,
    name: values.name ?? orgId,
    tier: readTier(values.tier, 'pro'),
  });
  if (!created) throw new UsageError(`there is an organisation "${orgId}" already`);
  await ensureHosted(desk.db, catalogue, desk.vault, { orgId });
  return [`organisation  ${orgId}`, `API key       ${created.key}`, `admin token   ${created.adminToken}`];
};

await runCommand(orgs, USAGE);
