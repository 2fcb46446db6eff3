import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../log.js';
import { LISTEN_TO_ALL, type Listeners } from './listeners.js';

/** With PING_EVERY_MS, a server that falls silent is noticed within 1.5 s: the API must answer 503 within 2 s. */
const ANSWER_LIMIT_MS = 1_000;
const PING_EVERY_MS = 500;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

export interface ServerWatchOptions {
  connection: pg.ClientConfig;
  listeners: Listeners;
  log: Log;
  /** The server has stopped answering: what waits for it waits in vain. */
  onLost: () => void;
}

/**
 * One dedicated connection to the server: it hears the notices, and by asking twice a second it knows whether the
 * server answers at all. A limit on statements could not tell a long report from a dead host.
 */
export class ServerWatch {
  #client: pg.Client | undefined;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(private readonly options: ServerWatchOptions) {}

  get isReachable(): boolean {
    return this.#client !== undefined;
  }

  /** Connects, or throws what the driver says; from then on it stays connected by itself. */
  async start(): Promise<void> {
    const first = await this.#connect();
    this.#running = this.#run(first);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #connect(): Promise<pg.Client> {
    const { connection, listeners } = this.options;
    const client = new pg.Client(connection);
    // Without a listener a broken connection would end the process; `end` follows and is awaited.
    client.on('error', (error) => this.options.log.debug({ error }, 'The listening connection failed'));
    client.on('notification', ({ channel, payload }) => listeners.tell(channel, payload ?? ''));
    try {
      await client.connect();
      await client.query(LISTEN_TO_ALL);
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    return client;
  }

  async #run(first: pg.Client): Promise<void> {
    let client: pg.Client | undefined = first;
    while (client) {
      const isSilent = await this.#untilGone(client);
      void client.end().catch(() => undefined);
      if (this.#stopping.signal.aborted) break;
      // One connection that ended may be all that happened: the others live on unless the server is away.
      const next: pg.Client | undefined = isSilent ? undefined : await this.#connect().catch(() => undefined);
      client = next ?? (await this.#returnOfServer());
      // What was told meanwhile was missed.
      this.options.listeners.tellAll();
    }
    this.#client = undefined;
  }

  /** Waits until the connection has ended (false) or does not answer any more (true). */
  async #untilGone(client: pg.Client): Promise<boolean> {
    const { signal } = this.#stopping;
    const ended = once(client, 'end', { signal }).then(
      () => 'ended' as const,
      () => 'ended' as const,
    );
    for (;;) {
      const pause = delay(PING_EVERY_MS, 'paused' as const, { signal }).catch(() => 'ended' as const);
      if ((await Promise.race([ended, pause])) === 'ended') return false;
      const answer = await Promise.race([ended, answers(client)]);
      if (answer !== true) return answer === false;
    }
  }

  async #returnOfServer(): Promise<pg.Client | undefined> {
    const { log, onLost } = this.options;
    const { signal } = this.#stopping;
    this.#client = undefined;
    log.error('The PostgreSQL server does not answer');
    onLost();
    for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      await delay(pause, undefined, { signal }).catch(() => undefined);
      try {
        const client = await this.#connect();
        log.info('The PostgreSQL server answers again');
        return client;
      } catch (error) {
        log.debug({ error }, 'The PostgreSQL server is still away');
      }
    }
    return undefined;
  }
}

async function answers(client: pg.Client): Promise<boolean> {
  const answer = client.query('select 1').then(
    () => true,
    () => false,
  );
  const limit = new AbortController();
  const silence = delay(ANSWER_LIMIT_MS, false, { signal: limit.signal })
    // An answer that has arrived while this process was busy is read before its silence counts.
    .then(() => delay(0, false))
    .catch(() => false);
  try {
    return await Promise.race([answer, silence]);
  } finally {
    limit.abort();
  }
}
