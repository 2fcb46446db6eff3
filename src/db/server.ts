import { Kysely, PostgresDialect, type PostgresPool, sql } from 'kysely';
import pg from 'pg';
import type { Log } from '../log.js';
import { columnTypes } from './column-types.js';
import type { Database } from './database.js';
import { DatabaseError, explainFailure, reasonOf } from './database-error.js';
import { Listeners } from './listeners.js';
import { poolClient } from './pool-client.js';
import { ServerWatch } from './server-watch.js';
import type { Tables } from './tables.js';

/** Connecting, or waiting for a free connection, longer than this is an outage: the API must say so within 2 s. */
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

/** Lends connections while the server answers, and refuses at once while it does not. */
class ServerPool implements PostgresPool {
  readonly #lent = new Set<pg.PoolClient>();
  #pool: pg.Pool;

  constructor(
    private readonly config: pg.PoolConfig,
    private readonly isReachable: () => boolean,
    private readonly log: Log,
  ) {
    this.#pool = this.#open();
  }

  async connect() {
    if (!this.isReachable()) {
      throw new DatabaseError('unavailable', 'the database cannot be reached: the server does not answer');
    }
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw explainFailure(error);
    });
    this.#lent.add(client);
    return poolClient(client, () => {
      this.#lent.delete(client);
      client.release();
    });
  }

  /** Breaks every connection, so that the statements on them fail now, and begins anew. */
  restart(): void {
    const old = this.#pool;
    this.#pool = this.#open();
    // `end` of a client that waits for an answer destroys its socket. PoolClient's type hides what it inherits.
    for (const client of this.#lent)
      if (client instanceof pg.Client) void client.end().catch(() => undefined);
    void old.end().catch(() => undefined);
  }

  end(): Promise<void> {
    return this.#pool.end();
  }

  #open(): pg.Pool {
    const pool = new pg.Pool(this.config);
    // An idle connection that breaks is replaced by the pool; unheard, its error would end the process.
    pool.on('error', (error) => this.log.debug({ err: error }, 'An idle database connection broke'));
    return pool;
  }
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
  const pool = new ServerPool({ ...connection, max: poolSize }, () => watch.isReachable, log);
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
