import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import type { Log } from '../log.js';
import { DatabaseError, explainFailure } from './database-error.js';
import { poolClient } from './pool-client.js';

export interface ServerPoolOptions {
  connection: pg.ClientConfig;
  /** Connections at most. */
  size: number;
  isReachable: () => boolean;
  log: Log;
}

const away = () =>
  new DatabaseError('unavailable', 'the database cannot be reached: the server does not answer');

/**
 * Lends connections while the server answers, and refuses at once while it does not. Whoever asks when all are lent
 * waits for as long as the server answers: being busy is no outage.
 */
export class ServerPool implements PostgresPool {
  readonly #lent = new Set<pg.PoolClient>();
  /** How to refuse those who wait for a connection. */
  readonly #waiting = new Set<(error: DatabaseError) => void>();
  #pool: pg.Pool;

  constructor(private readonly options: ServerPoolOptions) {
    this.#pool = this.#open();
  }

  connect(): Promise<PostgresPoolClient> {
    if (!this.options.isReachable()) return Promise.reject(away());
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      this.#pool.connect().then(
        (client) => {
          // It may have been refused meanwhile.
          if (this.#waiting.delete(reject)) resolve(this.#lend(client));
          else client.release();
        },
        (error: unknown) => {
          this.#waiting.delete(reject);
          reject(explainFailure(error));
        },
      );
    });
  }

  /** Breaks every connection, so that what waits for the server fails now, and begins anew. */
  restart(): void {
    const old = this.#pool;
    this.#pool = this.#open();
    for (const refuse of this.#waiting) refuse(away());
    this.#waiting.clear();
    // `end` of a client that waits for an answer destroys its socket. PoolClient's type hides what it inherits.
    for (const client of this.#lent)
      if (client instanceof pg.Client) void client.end().catch(() => undefined);
    void old.end().catch(() => undefined);
  }

  end(): Promise<void> {
    return this.#pool.end();
  }

  #lend(client: pg.PoolClient): PostgresPoolClient {
    this.#lent.add(client);
    return poolClient(client, () => {
      this.#lent.delete(client);
      client.release();
    });
  }

  #open(): pg.Pool {
    const { connection, size, log } = this.options;
    /** The pool's own limit would count the wait for a free connection as well. */
    class LimitedClient extends pg.Client {
      constructor() {
        super(connection);
        // The pool hears idle ones alone: unheard, that a lent one breaks between the statements of a transaction
        // would end the process. Its next statement fails.
        this.on('error', (error) => log.debug({ error }, 'A database connection broke'));
      }
    }
    const pool = new pg.Pool({ max: size, Client: LimitedClient });
    // An idle connection that breaks is replaced by the pool, which tells of it once more.
    pool.on('error', () => undefined);
    return pool;
  }
}
