import type { Command } from 'commander';
import { v7 as newId } from 'uuid';
import type { ApiKey } from '../../client/index.js';
import { Tier } from '../../schemas/api-key.js';
import { choice } from '../choice.js';
import type { Desk } from '../desk.js';
import { NotThere } from '../failure.js';
import type { PrintOptions } from '../printer.js';
import { several } from '../read-option.js';
import { onApi, type Session } from '../session.js';
import { moment, text, type View } from '../view.js';

const KEY: View<ApiKey> = {
  id: ({ id }) => id,
  columns: [
    text('id', ({ id }) => id),
    text('begins', ({ prefix }) => `${prefix}…`),
    text('tier', ({ tier }) => tier),
    text('tenants', ({ tenants }) => tenants?.join(',') ?? 'all'),
    moment('created', ({ createdAt }) => createdAt),
    text('name', ({ name }) => name),
  ],
  empty: 'No keys.',
};

interface Wish {
  name: string;
  tier?: Tier;
  tenant?: string[];
}

/** Keys over the API, or on the database itself; both do the same. */
interface Cabinet {
  create(wish: Wish): Promise<{ id: string; key: string }>;
  list(): Promise<ApiKey[]>;
  revoke(id: string): Promise<void>;
}

const overApi = ({ client }: Session): Cabinet => ({
  async create({ name, tier, tenant: tenants }) {
    const made = await client.apiKeys.create({ name, ...(tier && { tier }), ...(tenants && { tenants }) });
    return { id: made.apiKey.id, key: made.key };
  },
  list: () => client.apiKeys.list(),
  revoke: (id) => client.apiKeys.revoke(id),
});

async function onDesk(desk: Desk, orgId: string): Promise<Cabinet> {
  const [{ issueKey }, { listApiKeys, revokeApiKey }, { requireOrg }] = await Promise.all([
    import('../../api/issue-key.js'),
    import('../../db/api-keys.js'),
    import('../desk.js'),
  ]);
  const org = await requireOrg(desk, orgId);
  return {
    async create({ name, tier = org.tier, tenant: tenants = null }) {
      const { row, key } = await issueKey(desk, { id: newId(), orgId, name, tier, tenants });
      return { id: row.id, key };
    },
    async list() {
      const rows = await listApiKeys(desk.db, orgId);
      return rows.map(({ id, name, prefix, tier, tenants, created_at: at }) => ({
        ...{ id, name, prefix, tier, tenants, createdAt: at.toISOString() },
      }));
    },
    async revoke(id) {
      if (!(await revokeApiKey(desk.db, { orgId, id })))
        throw new NotThere(`There is no key "${id}" that works.`);
    },
  };
}

interface Options extends PrintOptions {
  org?: string;
}

/** With `--org` on the database, for who has no token; otherwise over the API. */
function onKeys<Given extends object>(
  command: Command,
  act: (cabinet: Cabinet, session: Session, options: Given, ...args: string[]) => Promise<void>,
): void {
  command.option(
    '--org <id>',
    'of this organisation, on the database itself; else over the API, with --token',
  );
  onApi<Given & Options>(command, async (session, options, ...args) => {
    const { org } = options;
    if (org === undefined) return act(overApi(session), session, options, ...args);
    const { atDesk } = await import('../desk.js');
    await atDesk(options, async (desk) => act(await onDesk(desk, org), session, options, ...args));
  });
}

export function addKeys(program: Command): void {
  const keys = program.command('keys').description('make, list and revoke API keys');
  onKeys<Wish>(
    keys
      .command('create')
      .description('make a key, which is shown this once')
      .requiredOption('--name <name>', 'what it is for: "Build server"')
      .addOption(choice('--tier <tier>', Tier.options, "the organisation's own by default"))
      .option('--tenant <tenant>', 'only this tenant; may be given several times', several),
    async (cabinet, { print }, wish) => {
      const { id, key } = await cabinet.create(wish);
      print.facts({ 'key id': id, 'API key': key });
    },
  );
  onKeys(keys.command('list').description('list the keys that work'), async (cabinet, { print }) =>
    print.list(KEY, await cabinet.list()),
  );
  onKeys(
    keys.command('revoke <id>').description('revoke a key: it is refused within a second'),
    async (cabinet, { print }, _, id) => {
      await cabinet.revoke(id);
      print.done('Revoked.', { id });
    },
  );
}
