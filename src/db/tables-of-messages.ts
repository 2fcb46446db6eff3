import type { Generated } from 'kysely';
import type { BrokerConfig, BrokerKind, BrokerStatus } from '../schemas/broker.js';
import type { ReceiptStatus } from '../schemas/message.js';
import type { DefaultedJson, Json } from './json-column.js';

export interface MessageTable {
  org_id: string;
  id: string;
  /** Together with `tx` its place in a topic's history. */
  seq: Generated<number>;
  tx: Generated<string>;
  topic: string | null;
  /** `from` of the envelope. */
  sender: string;
  /** The agent that sent it, of this organisation; null: a program did. */
  sender_agent_id: string | null;
  type: string;
  payload: Json<Record<string, unknown>>;
  /** `timestamp` of the envelope: Unix seconds. */
  sent_at: number;
  reply_to: string | null;
  in_reply_to: string | null;
  /** It was published on its topic, not sent to one agent. */
  is_published: boolean;
  fingerprint: string | null;
  expires_at: Date | null;
  created_at: Generated<Date>;
}

/** What became of a message at one agent. */
export interface ReceiptTable {
  org_id: string;
  message_id: string;
  agent_id: string;
  /** The order of an agent's mail. */
  seq: Generated<number>;
  status: Generated<ReceiptStatus>;
  deliveries: Generated<number>;
  /** Those before it was sent again: they do not count against its agent's limit. */
  deliveries_before: Generated<number>;
  /** Of whoever holds it now. */
  lease_id: string | null;
  leased_until: Date | null;
  /** It is not given before. */
  available_at: Generated<Date>;
  expires_at: Date | null;
  error: string | null;
  reply: DefaultedJson<Record<string, unknown> | null>;
  reply_id: string | null;
  task_id: string | null;
  queued_at: Generated<Date>;
  delivered_at: Date | null;
  ended_at: Date | null;
}

export interface BrokerTable {
  id: string;
  org_id: string;
  name: string;
  kind: BrokerKind;
  /** Sealed JSON: a list. */
  endpoints: string;
  config: Json<BrokerConfig>;
  status: Generated<BrokerStatus>;
  error: string | null;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

/** An agent's queue at a broker. */
export interface BrokerBindingTable {
  org_id: string;
  broker_id: string;
  agent_id: string;
  /** Patterns that the queue is to be bound to. */
  topics: Json<string[]>;
  /** Those that it may be bound to at the broker. */
  bound: DefaultedJson<string[]>;
  /** No longer wanted: emptied, then taken away. */
  is_draining: Generated<boolean>;
}

/** How far an organisation's events have been carried elsewhere. */
export interface EventFeedTable {
  org_id: string;
  name: string;
  /** Of the last one. */
  cursor: string;
}
