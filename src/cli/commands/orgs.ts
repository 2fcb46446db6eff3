import type { Command } from 'commander';
import { Tier } from '../../schemas/api-key.js';
import { choice } from '../choice.js';
import { Unsuccessful, UsageError } from '../failure.js';
import { onDatabase } from '../on-database.js';

/** On the database itself: before it is made, an organisation has no credential to call the API with. */
export function addOrgs(program: Command): void {
  const orgs = program.command('orgs').description('make organisations, on the database itself');
  onDatabase<{ name?: string; tier: Tier }>(
    orgs
      .command('create')
      .argument('<id>', '1 to 63 of a-z, 0-9 and -, which cannot be changed')
      .description(
        'make an organisation with the agents that come along; prints its first API key and an admin token, which are shown this once',
      )
      .option('--name <name>', 'what people call it')
      .addOption(choice('--tier <tier>', Tier.options, 'how many requests a minute').default('pro')),
    async (desk, { name, tier }, id) => {
      const [{ createOrg, ORG_ID }, { ensureHosted }, { loadCatalogue }, { nameOf }] = await Promise.all([
        import('../../api/create-org.js'),
        import('../../hosted/ensure-hosted.js'),
        import('../../hosted/index.js'),
        import('../desk.js'),
      ]);
      if (!ORG_ID.test(id)) throw new UsageError(`"${id}" cannot be the id of an organisation.`);
      const catalogue = await loadCatalogue(desk.config);
      const created = await createOrg(desk, { orgId: id, name: name ?? id, tier });
      if (!created) throw new Unsuccessful(`There is an organisation "${id}" already.`);
      await ensureHosted(desk.db, catalogue, desk.vault, { orgId: id });
      desk.print.facts({
        ...{ organisation: id, 'made in': nameOf(desk.config) },
        ...{ 'API key': created.key, 'admin token': created.adminToken },
      });
    },
  );
}
