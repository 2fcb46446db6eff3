import { type Config, ConfigError, readConfig } from '../../config.js';
import type { Db } from '../../db/database.js';
import { DatabaseError } from '../../db/database-error.js';
import { migrate } from '../../db/migrate.js';
import { openDatabase } from '../../db/open.js';
import { createLog } from '../../log.js';
import { secretKeysOf } from '../../secrets/secret-keys.js';
import { createVault, type Vault } from '../../secrets/vault.js';

/** What a command needs. */
export interface Desk {
  config: Config;
  db: Db;
  vault: Vault;
  /** Milliseconds since 1970. */
  now: number;
}

/** A command that was called wrongly: its message is shown with how to call it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Lines for whoever called. */
export type Command = (args: string[], desk: Desk) => Promise<string[]>;

const isUsage = (error: unknown): error is Error =>
  error instanceof UsageError ||
  (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));

function explain(error: unknown, usage: string): string {
  if (isUsage(error)) return `${error.message}\n\n${usage}`;
  if (error instanceof DatabaseError && error.failure === 'in_use') {
    return `${error.message}\nIt is one program's at a time: stop Mainspring first, or use its API where there is one (keys: POST /api-keys).`;
  }
  if (error instanceof DatabaseError || error instanceof ConfigError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Runs a command on the configured database; exit code 1 and a sentence on stderr when it fails. */
export async function runCommand(command: Command, usage: string): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  try {
    const config = readConfig();
    const database = await openDatabase(config, createLog('error'));
    try {
      await migrate(database.db);
      const desk = { config, db: database.db, vault: createVault(secretKeysOf(config)), now: Date.now() };
      process.stdout.write(`${(await command(args, desk)).join('\n')}\n`);
    } finally {
      await database.close();
    }
  } catch (error) {
    process.stderr.write(`${explain(error, usage)}\n`);
    process.exitCode = 1;
  }
}
