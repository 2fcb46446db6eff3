import { Kysely, PostgresDialect, sql } from 'kysely';
import type pg from 'pg';
import type { Log } from '../log.js';
import { columnTypes } from './column-types.js';
import type { Database } from './database.js';
import { DatabaseError, reasonOf } from './database-error.js';
import { Listeners } from './listeners.js';
import { ServerPool } from './server-pool.js';
import { ServerWatch } from './server-watch.js';
import type { Tables } from './tables.js';

/** Connecting longer than this is an outage: the API must say so within 2 s. */
const CONNECT_LIMIT_MS = 1_500;
/** A process that is stopped inside a transaction must not hold its locks for long. */
const IDLE_TRANSACTION_LIMIT_MS = 10_000;
/** The oldest version with everything that the statements use, still maintained. */
const OLDEST_VERSION = 14;

export interface ServerOptions {
  url: string;
  /** Connections at most, per process; one more listens. */
  poolSize: number;
}

function connectionOf(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'mainspring',
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_LIMIT_MS,
    keepAlive: true,
    types: columnTypes,
  };
}

/** A server's place for people: without the name and password that a URL may carry. */
function placeOf(url: string): string {
  if (!URL.canParse(url)) return 'in DATABASE_URL';
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

async function checkVersion(db: Kysely<Tables>, place: string): Promise<void> {
  const { rows } = await sql<{
    version: number;
  }>`select current_setting('server_version_num')::int / 10000 as version`.execute(db);
  const version = rows[0]?.version ?? 0;
  if (version >= OLDEST_VERSION) return;
  throw new DatabaseError(
    'version',
    `the server ${place} is PostgreSQL ${version}, Mainspring needs ${OLDEST_VERSION} or newer`,
  );
}

/** Opens a PostgreSQL server. Throws a {@link DatabaseError} where it does not answer, refuses us or is too old. */
export async function openServer({ url, poolSize }: ServerOptions, log: Log): Promise<Database> {
  const listeners = new Listeners(log);
  const connection = connectionOf(url);
  const watch = new ServerWatch({ connection, listeners, log, onLost: () => pool.restart() });
  const pool = new ServerPool({ connection, size: poolSize, isReachable: () => watch.isReachable, log });
  try {
    await watch.start();
  } catch (error) {
    const message = `the PostgreSQL server ${placeOf(url)} cannot be used: ${reasonOf(error)}`;
    throw new DatabaseError('unavailable', message, { cause: error });
  }
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const close = async () => {
    await pool.end();
    await watch.stop();
  };
  try {
    await checkVersion(db, placeOf(url));
  } catch (error) {
    await close();
    throw error;
  }
  return { kind: 'server', db, listen: (channel, listener) => listeners.add(channel, listener), close };
}
