import { openEmbedded } from '../../../src/db/embedded.js';
import { migrate } from '../../../src/db/migrate.js';
import { ensureOrg } from '../../../src/db/orgs.js';
import { createLog } from '../../../src/log.js';

/** Writes rows until it is killed; prints the id of each when it has been acknowledged. */
const { db } = await openEmbedded({ folder: process.argv[2] }, createLog('silent'));
await migrate(db);
for (let number = 0; ; number++) {
  const { id } = await ensureOrg(db, { id: `org-${number}`, name: 'n', tier: 'pro', webhookSecret: 'w' });
  console.log(id);
}
