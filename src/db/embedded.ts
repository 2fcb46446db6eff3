import { existsSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PostgresDialect } from 'kysely';
import type { Log } from '../log.js';
import type { Database } from './database.js';
import { DatabaseError } from './database-error.js';
import { EmbeddedHost } from './embedded-host.js';
import { EmbeddedPool } from './embedded-pool.js';
import { ExclusiveKysely, refusingNested } from './exclusive-kysely.js';
import { lockFolder } from './folder-lock.js';
import { LISTEN_TO_ALL, Listeners } from './listeners.js';
import type { Tables } from './tables.js';

/** The PostgreSQL that PGlite 0.5 is: another major cannot read its folders, nor it theirs. */
export const EMBEDDED_MAJOR = '18';

export interface EmbeddedOptions {
  /** Where the data is kept; absent: in memory. */
  folder?: string | undefined;
  /** A data directory as PGlite dumps it (a tar), to begin with: for tests. */
  image?: Uint8Array | undefined;
}

function checkVersion(folder: string): void {
  const major = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  if (major === EMBEDDED_MAJOR) return;
  const message =
    `the database folder ${folder} was written by PostgreSQL ${major}, this Mainspring embeds ${EMBEDDED_MAJOR}: ` +
    'dump it with the Mainspring that wrote it (pg_dump), move it away, and restore the dump into a new one';
  throw new DatabaseError('version', message);
}

/** Removes an empty folder; one with something in it is somebody's. */
function makeRoom(folder: string): void {
  if (!existsSync(folder)) return;
  if (readdirSync(folder).length > 0) {
    throw new DatabaseError('not_a_database', `the folder ${folder} is not empty and holds no database`);
  }
  rmdirSync(folder);
}

/**
 * Makes the folder's database where there is none. It grows under another name, so that a process that is killed
 * meanwhile leaves nothing half made, and in a thread of its own, which takes its 800 MB along when it ends.
 */
async function initialise({ folder, image }: EmbeddedOptions & { folder: string }, log: Log): Promise<void> {
  makeRoom(folder);
  log.info({ folder }, 'Making the embedded database, once: this takes a few seconds');
  const growing = `${folder}.new`;
  rmSync(growing, { recursive: true, force: true });
  const host = await EmbeddedHost.start({ folder: growing, image });
  await host.close();
  renameSync(growing, folder);
}

async function start({ folder, image }: EmbeddedOptions, log: Log): Promise<EmbeddedHost> {
  if (folder === undefined) return EmbeddedHost.start({ image });
  if (existsSync(join(folder, 'PG_VERSION'))) checkVersion(folder);
  else await initialise({ folder, image }, log);
  return EmbeddedHost.start({ folder });
}

/**
 * Opens the embedded database: PostgreSQL in a thread of this process. It survives the death of the process, not a
 * power cut: it never calls fsync. Throws a {@link DatabaseError} where the folder is another process's or version's.
 */
export async function openEmbedded(options: EmbeddedOptions, log: Log): Promise<Database> {
  const lock = options.folder === undefined ? undefined : await lockFolder(options.folder);
  try {
    const host = await start(options, log);
    const listeners = new Listeners(log);
    const pool = await connect(host, listeners, log);
    return {
      kind: 'embedded',
      db: new ExclusiveKysely<Tables>({ dialect: new PostgresDialect({ pool: refusingNested(pool) }) }),
      listen: (channel, listener) => listeners.add(channel, listener),
      async close() {
        await pool.end();
        await host.close();
        await lock?.release();
      },
    };
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

/**
 * A named statement would keep the plan that it was given first. Made while a table is small, that plan reads all of
 * it, and goes on to when there are 100,000 rows (creates fell from 4,000 a second to 100).
 */
const PLAN_ANEW = 'set plan_cache_mode = force_custom_plan';

async function connect(host: EmbeddedHost, listeners: Listeners, log: Log): Promise<EmbeddedPool> {
  const client = await host.connect();
  const pool = new EmbeddedPool(client);
  client.on('error', (error) => {
    if (pool.fail(error.message)) log.error({ error }, 'The embedded database has stopped');
  });
  client.on('notification', ({ channel, payload }) => listeners.tell(channel, payload ?? ''));
  await client.query(`${LISTEN_TO_ALL}; ${PLAN_ANEW}`);
  return pool;
}
