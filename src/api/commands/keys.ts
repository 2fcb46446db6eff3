import { parseArgs } from 'node:util';
import { v7 as newId } from 'uuid';
import { listApiKeys, revokeApiKey } from '../../db/api-keys.js';
import { issueKey } from '../issue-key.js';
import { readOrg, readTier } from './arguments.js';
import { type Command, runCommand, UsageError } from './run.js';

const USAGE = `npm run keys -- create --org <id> --name "Build server" [--tier <tier>] [--tenant <tenant>]…
npm run keys -- list --org <id>
npm run keys -- revoke <key id> --org <id>

  A key is shown once, when it is made; a revoked one is refused within a second.`;

const keys: Command = async (args, desk) => {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      org: { type: 'string' },
      name: { type: 'string' },
      tier: { type: 'string' },
      tenant: { type: 'string', multiple: true },
    },
  });
  const [verb, keyId, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(`what is "${rest.join(' ')}"?`);
  if (verb === 'create' && keyId === undefined) return create(desk, values);
  if (verb === 'list' && keyId === undefined) return list(desk, values.org);
  if (verb === 'revoke' && keyId !== undefined) return revoke(desk, values.org, keyId);
  throw new UsageError('what should be done?');
};

type Desk = Parameters<Command>[1];
interface CreateOptions {
  org?: string;
  name?: string;
  tier?: string;
  tenant?: string[];
}

async function create(desk: Desk, { org: orgId, name, tier, tenant }: CreateOptions): Promise<string[]> {
  const org = await readOrg(desk, orgId);
  if (name === undefined) throw new UsageError('--name is missing');
  const wish = { id: newId(), orgId: org.id, name, tier: readTier(tier, org.tier), tenants: tenant ?? null };
  const { key } = await issueKey(desk, wish);
  return [`key id   ${wish.id}`, `API key  ${key}`];
}

async function list(desk: Desk, orgId: string | undefined): Promise<string[]> {
  const rows = await listApiKeys(desk.db, (await readOrg(desk, orgId)).id);
  if (rows.length === 0) return ['no keys'];
  return rows.map(({ id, prefix, tier, tenants, name, created_at }) =>
    [id, `${prefix}…`, tier, tenants?.join(',') ?? 'all tenants', created_at.toISOString(), name].join('  '),
  );
}

async function revoke(desk: Desk, orgId: string | undefined, id: string): Promise<string[]> {
  const org = await readOrg(desk, orgId);
  if (!(await revokeApiKey(desk.db, { orgId: org.id, id })))
    throw new UsageError(`there is no key "${id}" that works`);
  return ['revoked'];
}

await runCommand(keys, USAGE);
