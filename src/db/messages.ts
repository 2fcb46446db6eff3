import { type Selectable, sql } from 'kysely';
import type { AgentRow } from './agents.js';
import type { Db } from './database.js';
import type { MessageTable, ReceiptTable } from './tables-of-messages.js';

export type MessageRow = Selectable<MessageTable>;
export type ReceiptRow = Selectable<ReceiptTable>;

export interface NewMessage {
  orgId: string;
  id: string;
  topic: string | null;
  /** Its name, as its sender gave it: many may have the same. */
  sender: string;
  /** The agent that sends it; none: a program does. */
  senderAgentId?: string | null;
  type: string;
  payload: Record<string, unknown>;
  /** Unix seconds. */
  sentAt: number;
  replyTo: string | null;
  inReplyTo: string | null;
  isPublished: boolean;
  fingerprint: string | null;
  expiresAt: Date | null;
  createdAt: Date;
}

/** An agent that a message is for, and what becomes of it there at once. */
export interface NewReceipt {
  agentId: string;
  status: 'queued' | 'failed';
  error?: string;
}

/** Writes a message; undefined where its id is taken. */
export async function insertMessage(tx: Db, message: NewMessage): Promise<MessageRow | undefined> {
  const { orgId, id, topic, sender, type, fingerprint } = message;
  return tx
    .insertInto('messages')
    .values({
      ...{ org_id: orgId, id, topic, sender, type, fingerprint },
      sender_agent_id: message.senderAgentId ?? null,
      ...{ sent_at: message.sentAt, reply_to: message.replyTo, in_reply_to: message.inReplyTo },
      ...{ is_published: message.isPublished, expires_at: message.expiresAt, created_at: message.createdAt },
      payload: JSON.stringify(message.payload),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** Puts a message into mailboxes; those that have it already keep what they have. Answers whom it is new for. */
export async function insertReceipts(
  tx: Db,
  { org_id: orgId, id, expires_at: expiresAt }: MessageRow,
  receipts: readonly NewReceipt[],
  at: Date,
): Promise<string[]> {
  if (receipts.length === 0) return [];
  const rows = await tx
    .insertInto('receipts')
    .values(
      receipts.map(({ agentId, status, error }) => ({
        ...{ org_id: orgId, message_id: id, agent_id: agentId, status, error: error ?? null },
        ...{ queued_at: at, available_at: at, expires_at: expiresAt },
        ended_at: status === 'failed' ? at : null,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .returning('agent_id')
    .execute();
  return rows.map((row) => row.agent_id);
}

/** What events tell of a message. */
export type MessageHead = Pick<MessageRow, 'org_id' | 'id' | 'topic' | 'type' | 'sender'>;

/** Thousands at once are read without what is said in them. */
export async function messageHeads(db: Db, orgId: string, ids: readonly string[]): Promise<MessageHead[]> {
  if (ids.length === 0) return [];
  return db
    .selectFrom('messages')
    .select(['org_id', 'id', 'topic', 'type', 'sender'])
    .where('org_id', '=', orgId)
    .where(sql<boolean>`id in (select json_array_elements_text(${JSON.stringify(ids)}::json))`)
    .execute();
}

/** Takes a message back that nobody got, within the transaction that wrote it. */
export async function takeBack(tx: Db, { org_id, id }: MessageHead): Promise<void> {
  await tx.deleteFrom('messages').where('org_id', '=', org_id).where('id', '=', id).execute();
}

export async function getMessage(db: Db, orgId: string, id: string): Promise<MessageRow | undefined> {
  return db
    .selectFrom('messages')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** What became of messages, the oldest first. */
export async function receiptsOf(
  db: Db,
  orgId: string,
  messageIds: readonly string[],
  limit: number,
): Promise<ReceiptRow[]> {
  if (messageIds.length === 0) return [];
  return db
    .selectFrom('receipts')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('message_id', 'in', [...messageIds])
    .orderBy('seq')
    .limit(limit)
    .execute();
}

/** Agents of the organisation that subscribe to anything. */
export async function subscribers(
  db: Db,
  orgId: string,
): Promise<Pick<AgentRow, 'id' | 'topics' | 'handler' | 'definition'>[]> {
  return db
    .selectFrom('agents')
    .select(['id', 'topics', 'handler', 'definition'])
    .where('org_id', '=', orgId)
    .where(sql<boolean>`json_array_length(topics) > 0`)
    .orderBy('id')
    .execute();
}

export async function getMessages(db: Db, orgId: string, ids: readonly string[]): Promise<MessageRow[]> {
  if (ids.length === 0) return [];
  return db
    .selectFrom('messages')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('id', 'in', [...ids])
    .execute();
}

/** What became of a message at one agent; undefined where it is not for that agent. */
export async function getReceipt(
  db: Db,
  { orgId, messageId, agentId }: { orgId: string; messageId: string; agentId: string },
): Promise<ReceiptRow | undefined> {
  return db
    .selectFrom('receipts')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('message_id', '=', messageId)
    .where('agent_id', '=', agentId)
    .executeTakeFirst();
}
