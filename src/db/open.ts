import { join } from 'node:path';
import type { Config } from '../config.js';
import type { Log } from '../log.js';
import type { Database } from './database.js';
import { openEmbedded } from './embedded.js';
import { openServer } from './server.js';

export type DatabaseConfig = Pick<Config, 'DATABASE_URL' | 'DATA_DIR' | 'DATABASE_POOL' | 'isProduction'>;

/**
 * Opens the database that the configuration names: the server of DATABASE_URL, or the embedded one. Throws a
 * DatabaseError whose message is one sentence for whoever runs the program.
 */
export async function openDatabase(config: DatabaseConfig, log: Log): Promise<Database> {
  if (config.DATABASE_URL !== undefined) {
    return openServer({ url: config.DATABASE_URL, poolSize: config.DATABASE_POOL }, log);
  }
  if (config.isProduction) {
    log.warn(
      'The embedded database survives a killed process, not a power cut: in production set DATABASE_URL',
    );
  }
  return openEmbedded({ folder: join(config.DATA_DIR, 'database') }, log);
}
