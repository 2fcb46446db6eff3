import { parseArgs } from 'node:util';
import { writeSampleData } from '../sample-data/write.js';
import { readOrg } from './arguments.js';
import { type Command, runCommand } from './run.js';

const USAGE = `npm run sample-data -- --org <id>

  Gives an organisation a small marketplace: listings in six categories, 90 days of sales and of what users did, a few
  collections. It is the same every time; a second time adds nothing.`;

const sampleData: Command = async (args, desk) => {
  const { values } = parseArgs({ args, options: { org: { type: 'string' } } });
  const org = await readOrg(desk, values.org);
  const counts = await writeSampleData(desk.db, org.id, desk.now);
  return Object.entries(counts).map(([name, count]) => `${name.padEnd(12)} ${count}`);
};

await runCommand(sampleData, USAGE);
