import { Worker } from 'node:worker_threads';
import pg from 'pg';
import { columnTypes } from './column-types.js';
import { DatabaseError, reasonOf } from './database-error.js';
import { EmbeddedStream } from './embedded-stream.js';
import { runEmbeddedThread, type ThreadData, type ThreadMessage } from './embedded-thread.js';

/** PostgreSQL's own limit (max_stack_depth) must be met before the thread's: the one is an error, the other a crash. */
const STACK_MB = 16;

/** The thread that runs the embedded database, and what becomes of it. */
export class EmbeddedHost {
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  #stream: EmbeddedStream | undefined;
  /** Why no statement can run any more, once the thread has ended. */
  #failure: string | undefined;

  private constructor(data: Omit<ThreadData, 'pgliteUrl'>) {
    const workerData: ThreadData = { ...data, pgliteUrl: import.meta.resolve('@electric-sql/pglite') };
    this.#worker = new Worker(`(${runEmbeddedThread})()`, {
      eval: true,
      workerData,
      resourceLimits: { stackSizeMb: STACK_MB },
    });
    this.#exited = new Promise((done) => this.#worker.once('exit', done));
    this.#worker.on('error', (error) => this.#fail(reasonOf(error)));
    this.#worker.on('exit', (code) => this.#fail(`its thread ended with code ${code}`));
  }

  /** Starts the thread; answers when the database is open. */
  static async start(data: Omit<ThreadData, 'pgliteUrl'>): Promise<EmbeddedHost> {
    const host = new EmbeddedHost(data);
    const ready = new Promise((done) => host.#worker.once('message', done));
    await Promise.race([ready, host.#exited]);
    if (host.#failure !== undefined) {
      throw new DatabaseError('unavailable', `the embedded database cannot be opened: ${host.#failure}`);
    }
    host.#worker.on('message', (answer: Uint8Array) => host.#stream?.push(answer));
    return host;
  }

  /** The one client of the database. It emits `error` when the thread has ended. */
  async connect(): Promise<pg.Client> {
    const stream = new EmbeddedStream((bytes) => this.#worker.postMessage(bytes, [bytes.buffer]));
    this.#stream = stream;
    // `pg` declares that it wants a socket; it uses what EmbeddedStream has.
    const client = new pg.Client({ user: 'postgres', stream: () => stream as never, types: columnTypes });
    await client.connect();
    return client;
  }

  /** Writes a checkpoint and ends the thread. */
  async close(): Promise<void> {
    this.#worker.postMessage('end' satisfies ThreadMessage);
    await this.#exited;
  }

  #fail(reason: string): void {
    this.#failure ??= reason;
    const message = `the embedded database has stopped: ${this.#failure}`;
    this.#stream?.destroy(new DatabaseError('unavailable', message));
  }
}
