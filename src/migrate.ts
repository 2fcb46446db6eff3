import { readConfig } from './config.js';
import { migrate } from './db/migrate.js';
import { openDatabase } from './db/open.js';
import { createLog } from './log.js';
import { explain } from './process/explain.js';

/** Brings the database up to date and ends: a step of a deployment, before its processes start. */
async function run(): Promise<void> {
  const config = readConfig();
  const log = createLog(config.LOG_LEVEL);
  const database = await openDatabase(config, log);
  try {
    const migrations = await migrate(database.db);
    log.info({ migrations: migrations.join(', ') }, 'The database is up to date');
  } finally {
    await database.close();
  }
}

await run().catch((error: unknown) => {
  explain(error);
  process.exitCode = 1;
});
