import type { BrokerConfig, BrokerKind } from '../schemas/broker.js';

/** An agent's queue at a broker. */
export interface AgentQueue {
  agentId: string;
  /** Patterns that it is to be bound to. */
  topics: readonly string[];
  /** Those that it may be bound to and is not any more. */
  unwanted: readonly string[];
}

/** A message as a broker handed it over. */
export interface Incoming {
  /** That its sender or the broker gave it; null where neither did. */
  id: string | null;
  /** Where it was published; null where it was put into the queue itself. */
  topic: string | null;
  /** Who sent it, as the broker knows. */
  sender: string | null;
  body: Uint8Array;
}

/** `malformed`: it is none, and will never be. */
export type Verdict = 'accepted' | 'malformed';

/** Called for one message of a queue after the other; acknowledged when it resolves, so it waits for what is away. */
export type Receive = (incoming: Incoming) => Promise<Verdict>;

/** A queue that is being read. */
export interface Consumption {
  /** Binds it anew. */
  bind(queue: AgentQueue): Promise<void>;
  /** Takes an unbound queue away once it has been emptied; answers whether it did: it stops when that is not wanted. */
  drain(isWanted: () => boolean): Promise<boolean>;
  /** Rejects never; resolves when nothing more is read, for whatever reason. */
  closed: Promise<void>;
}

export interface Outgoing {
  id: string;
  topic: string;
  body: string;
}

/** A connection to a broker that stands. It is never mended: whoever holds it opens another one. */
export interface BrokerConnection {
  /** Makes the queue where it is not there, and reads it. Null where it is not there and no topic is wanted. */
  consume(queue: AgentQueue, receive: Receive): Promise<Consumption | null>;
  /** Takes a queue away with what is in it: its agent was deleted. */
  remove(agentId: string): Promise<void>;
  /** Resolves when the broker has it for good. `unroutable`: nobody there wants it. Rejects with a {@link BrokerError}. */
  publish(outgoing: Outgoing): Promise<'published' | 'unroutable'>;
  /** Resolves when it is lost or was closed. */
  closed: Promise<void>;
  close(): Promise<void>;
}

/** A broker as it is connected to; endpoints are tried in turn. */
export interface BrokerAccess {
  /** Part of the names of its queues: two brokers of one server do not meet in one. */
  id: string;
  kind: BrokerKind;
  endpoints: readonly string[];
  config: BrokerConfig;
}

/** An id's random part. */
export const shortId = (id: string): string => id.replaceAll('-', '').slice(-12);

export type BrokerFault =
  | 'name_not_resolved'
  | 'address_not_allowed'
  | 'connection_refused'
  | 'credentials_refused'
  | 'not_allowed_there'
  | 'no_jetstream'
  | 'timeout'
  | 'connection_lost';

/** Why a broker cannot be used, in a word that tells nothing of the network. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';

  constructor(
    readonly fault: BrokerFault,
    options?: ErrorOptions,
  ) {
    super(fault, options);
  }
}
