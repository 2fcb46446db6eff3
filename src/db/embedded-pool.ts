import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { DatabaseError } from './database-error.js';
import { poolClient } from './pool-client.js';
import { StatementNames } from './statement-names.js';

interface Borrower {
  resolve: (client: PostgresPoolClient) => void;
  reject: (error: DatabaseError) => void;
}

/** The embedded database's one connection, lent to one borrower after another in the order they asked. */
export class EmbeddedPool implements PostgresPool {
  readonly #borrowers: Borrower[] = [];
  readonly #client: PostgresPoolClient;
  #isLent = false;
  #failure: string | undefined;

  constructor(private readonly client: pg.Client) {
    this.#client = poolClient(client, () => this.#release(), new StatementNames());
  }

  connect(): Promise<PostgresPoolClient> {
    if (this.#failure !== undefined) return Promise.reject(new DatabaseError('unavailable', this.#failure));
    if (this.#isLent) return new Promise((resolve, reject) => this.#borrowers.push({ resolve, reject }));
    this.#isLent = true;
    return Promise.resolve(this.#client);
  }

  /** From now on nobody gets the connection; whoever waits for it is told why. False where it had failed before. */
  fail(reason: string): boolean {
    if (this.#failure !== undefined) return false;
    this.#failure = reason;
    // An error of its own for each: whoever throws one adds to its stack.
    for (const { reject } of this.#borrowers.splice(0)) reject(new DatabaseError('unavailable', reason));
    return true;
  }

  /** Lets everyone finish who asked before, and nobody after. */
  async end(): Promise<void> {
    const last = this.connect();
    this.#failure ??= 'the database is closed';
    // Where the connection has failed, there is nothing to wait for.
    await last.catch(() => undefined);
    await this.client.end();
  }

  #release(): void {
    const next = this.#borrowers.shift();
    if (next) next.resolve(this.#client);
    else this.#isLent = false;
  }
}
