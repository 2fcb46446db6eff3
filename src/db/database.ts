import type { Kysely, Transaction } from 'kysely';
import type { Tables } from './tables.js';

/** A statement runs on the database or inside a transaction of it. */
export type Db = Kysely<Tables> | Transaction<Tables>;

/**
 * What processes tell each other. `timers`: rows of an armed window changed ({@link TimersNotice}); `ended`: ids of
 * things that somebody may wait for; `keys`: an API key or an organisation changed; `deliveries`: an event made
 * deliveries; `events`: something was appended;
 * `task_text`: what a model says, as it comes.
 */
export type Channel =
  | 'timers'
  | 'ended'
  | 'keys'
  | 'deliveries'
  | 'events'
  | 'task_text'
  | 'mail'
  | 'brokers';

/** Called with the payload of a notice, or with null after a reconnect: anything may have been missed, read again. */
export type Listener = (payload: string | null) => void;

/** The embedded database or a PostgreSQL server, seen alike. */
export interface Database {
  readonly kind: 'embedded' | 'server';
  readonly db: Kysely<Tables>;
  /** One listening connection a process serves all listeners. Answers the function that ends this one. */
  listen(channel: Channel, listener: Listener): () => void;
  close(): Promise<void>;
}
