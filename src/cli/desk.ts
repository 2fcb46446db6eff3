import { resolve } from 'node:path';
import { type Config, ConfigError, readConfig } from '../config.js';
import type { Db } from '../db/database.js';
import { DatabaseError } from '../db/database-error.js';
import { migrate } from '../db/migrate.js';
import { openDatabase } from '../db/open.js';
import { findOrg, type OrgRow } from '../db/orgs.js';
import { createLog } from '../log.js';
import { secretKeysOf } from '../secrets/secret-keys.js';
import { createVault, type Vault } from '../secrets/vault.js';
import { NotThere, Unsuccessful } from './failure.js';
import { Printer, type PrintOptions } from './printer.js';
import { ownScreen } from './screen.js';
import { readEnvFile } from './surroundings.js';

/** What a command on the database works with. */
export interface Desk {
  config: Config;
  db: Db;
  vault: Vault;
  /** Milliseconds since 1970. */
  now: number;
  print: Printer;
}

/** The database, as people know it; its URL may hold a password. */
export const nameOf = ({ DATABASE_URL, DATA_DIR }: Config): string =>
  DATABASE_URL === undefined ? `the database in ${resolve(DATA_DIR)}` : 'the database of DATABASE_URL';

/** Throws {@link NotThere} where the organisation does not exist. */
export async function requireOrg({ db, config }: Desk, orgId: string): Promise<OrgRow> {
  const org = await findOrg(db, orgId);
  if (!org) {
    const where = nameOf(config);
    throw new NotThere(
      `There is no organisation "${orgId}" in ${where}; mainspring orgs create makes one. Another database is named by DATABASE_URL or DATA_DIR.`,
    );
  }
  return org;
}

function sentenceOf(error: unknown): unknown {
  if (error instanceof DatabaseError && error.failure === 'in_use') {
    return new Unsuccessful(
      `${error.message}\nIt is one program's at a time: stop Mainspring first, or use its API where there is one (keys without --org).`,
    );
  }
  if (error instanceof DatabaseError || error instanceof ConfigError) return new Unsuccessful(error.message);
  return error;
}

/** Opens the configured database, brings it up to date, and closes it afterwards. */
export async function atDesk(options: PrintOptions, act: (desk: Desk) => Promise<void>): Promise<void> {
  readEnvFile();
  try {
    const config = readConfig();
    const database = await openDatabase(config, createLog('error'));
    try {
      await migrate(database.db);
      const vault = createVault(secretKeysOf(config));
      const print = new Printer(ownScreen(), options);
      await act({ config, db: database.db, vault, now: Date.now(), print });
    } finally {
      await database.close();
    }
  } catch (error) {
    throw sentenceOf(error);
  }
}
