import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { sql } from 'kysely';
import type { Database } from '../../db/database.js';
import { EMBEDDED_MAJOR } from '../../db/embedded.js';
import { ownerOf } from '../../db/folder-lock.js';
import { missingMigrations } from '../../db/migrate.js';
import { openServer } from '../../db/server.js';
import { createLog } from '../../log.js';
import { askApi } from './ask-api.js';
import { type Check, type Finding, fail, ok, type Patient, warn } from './check.js';

/** Opens the configured server for a question or two. Throws a DatabaseError. */
export async function onServer<Answer>(
  url: string,
  ask: (database: Database) => Promise<Answer>,
): Promise<Answer> {
  const database = await openServer({ url, poolSize: 1 }, createLog('error'));
  try {
    return await ask(database);
  } finally {
    await database.close();
  }
}

async function lookAtServer(url: string): Promise<Finding> {
  try {
    return await onServer(url, async ({ db }) => {
      const { rows } = await sql<{
        version: string;
      }>`select current_setting('server_version') as version`.execute(db);
      const version = `PostgreSQL ${rows[0]?.version ?? ''}`.trim();
      const missing = await missingMigrations(db);
      if (missing.length === 0) return ok(`${version}, up to date`);
      const names = missing.length > 2 ? `${missing.length} migrations` : missing.join(' and ');
      return warn(
        `${version}, lacks ${names}`,
        'mainspring migrate brings it up to date, and so does any start.',
      );
    });
  } catch (error) {
    const mend =
      'Is it running, and DATABASE_URL right (postgres://user:password@host:5432/name)? Try it with psql.';
    return fail(error instanceof Error ? error.message : String(error), mend);
  }
}

function mayBeWritten(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const firstThatExists = (path: string): string =>
  existsSync(path) || dirname(path) === path ? path : firstThatExists(dirname(path));

const DURABLE = 'It does not survive a power cut: in production set DATABASE_URL to a PostgreSQL server.';

async function lookAtFolder({ config, api }: Patient): Promise<Finding> {
  const folder = resolve(config.DATA_DIR, 'database');
  const existing = firstThatExists(folder);
  if (!mayBeWritten(existing))
    return fail(
      `${existing} cannot be written`,
      'Give this user the right to, or set DATA_DIR to another folder.',
    );
  const versionFile = join(folder, 'PG_VERSION');
  if (!existsSync(versionFile)) return ok(`embedded; the first start makes it in ${folder}`);
  const major = readFileSync(versionFile, 'utf8').trim();
  if (major !== EMBEDDED_MAJOR) {
    const mend =
      'Dump it with the Mainspring that wrote it, move it away, and restore the dump into a new one.';
    return fail(`${folder} is of PostgreSQL ${major}, not ${EMBEDDED_MAJOR}`, mend);
  }
  const owner = await ownerOf(folder);
  const isServed = owner !== null && (await askApi(`${api.url}/livez`)) !== null;
  if (owner !== null && !isServed) {
    const mend = `End ${owner} before another one starts on this folder, or set DATA_DIR: a folder has one owner.`;
    return warn(`embedded, in use by ${owner}, which is not the API at ${api.url}`, mend);
  }
  const found = `embedded in ${folder}${owner === null ? ', nobody uses it' : `, in use by ${owner}`}`;
  return config.isProduction ? warn(found, DURABLE) : ok(found);
}

export const databaseCheck: Check = {
  name: 'database',
  look: (patient) => {
    const { DATABASE_URL: url } = patient.config;
    return url === undefined ? lookAtFolder(patient) : lookAtServer(url);
  },
};
