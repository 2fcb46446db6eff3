import type { Command } from 'commander';
import { onDatabase } from '../on-database.js';

export function addSampleData(program: Command): void {
  onDatabase<{ org: string }>(
    program
      .command('sample-data')
      .description(
        'give an organisation a small marketplace: listings, 90 days of sales and of what users did, collections; a second time adds nothing',
      )
      .requiredOption('--org <id>', 'the organisation'),
    async (desk, { org: orgId }) => {
      const [{ writeSampleData }, { requireOrg }] = await Promise.all([
        import('../../api/sample-data/write.js'),
        import('../desk.js'),
      ]);
      const org = await requireOrg(desk, orgId);
      desk.print.facts({ ...(await writeSampleData(desk.db, org.id, desk.now)) });
    },
  );
}
