import { type AgentRow, getAgent, lockAgent } from '../db/agents.js';
import type { Database, Db } from '../db/database.js';
import { insertDeliveries } from '../db/deliveries.js';
import { appendEvents } from '../db/events.js';
import { countOpen } from '../db/mail.js';
import {
  getMessage,
  getReceipt,
  insertMessage,
  insertReceipts,
  type MessageRow,
  type NewMessage,
  type NewReceipt,
  subscribers,
} from '../db/messages.js';
import { notify } from '../db/notify.js';
import { brokerReceiver } from '../domain/channel-target.js';
import { matchesTopic } from '../domain/topic-pattern.js';
import type { Starter } from '../engine/starter.js';
import { brokerDeliveries, brokersFor } from './broker-deliveries.js';
import { interruptMail, messageEvent } from './settle.js';

/**
 * Whom a message is for: one agent; every subscriber of its topic; an agent's copy of what was published outside, which
 * others may have as well.
 */
export type Addressee =
  | { kind: 'agent'; agentId: string }
  | { kind: 'topic' }
  | { kind: 'copy'; agentId: string };

/** What became of a message that was to be sent. */
export type Sending =
  | { kind: 'accepted'; message: MessageRow; wasNew: boolean }
  /** Another message has its id. */
  | { kind: 'taken' }
  | { kind: 'unknown_agent' }
  /** The agent has its hands full and wants no message then. */
  | { kind: 'busy' };

/** Everything that puts messages into mailboxes: the API, a handler's reply, a broker. */
export interface Mailboxes {
  /**
   * Durable once it answers: the workflow of every agent that has its messages handled here runs then. A repeat under
   * the same id and fingerprint finds what the first one wrote.
   */
  send(message: NewMessage, addressee: Addressee): Promise<Sending>;
}

/** An agent that a message may be for. */
type Recipient = Pick<AgentRow, 'id' | 'name' | 'handler' | 'definition'>;

/** Whether its messages are handled here, by a workflow of its own. */
export const isHandledHere = ({ handler, definition }: Pick<AgentRow, 'handler' | 'definition'>): boolean =>
  handler !== null || definition !== null;

export interface MailboxesOptions {
  database: Database;
  starter: Pick<Starter, 'ensureMailbox' | 'wakeMailbox' | 'tellMailbox' | 'ensureEndpoint' | 'wakeEndpoint'>;
  now?: () => number;
}

export function createMailboxes({ database, starter, now = Date.now }: MailboxesOptions): Mailboxes {
  const { db } = database;

  async function recipientsOf(message: NewMessage, addressee: Addressee): Promise<Recipient[] | undefined> {
    if (addressee.kind !== 'topic') {
      const agent = await getAgent(db, message.orgId, addressee.agentId);
      return agent && (addressee.kind === 'agent' || isMeant(agent, message) ? [agent] : []);
    }
    const { topic } = message;
    const all = topic === null ? [] : await subscribers(db, message.orgId);
    return all.filter(
      (agent) =>
        isMeant(agent, message) && agent.topics.some((pattern) => matchesTopic(pattern, topic ?? '')),
    );
  }

  async function write(
    message: NewMessage,
    recipients: readonly Recipient[],
    { addressee, brokerIds }: { addressee: Addressee; brokerIds: readonly string[] },
  ): Promise<Sending> {
    const at = message.createdAt;
    return db.transaction().execute(async (tx): Promise<Sending> => {
      const receipts: NewReceipt[] = [];
      for (const { id } of recipients) {
        const receipt = await receiptAt(tx, { orgId: message.orgId, agentId: id }, at);
        if (receipt?.status === 'failed' && addressee.kind === 'agent') return { kind: 'busy' };
        if (receipt) receipts.push(receipt);
      }
      const added = await insertMessage(tx, message);
      const row = added ?? (addressee.kind === 'copy' ? await published(tx, message) : undefined);
      if (!row) return { kind: 'taken' };
      const told = await insertReceipts(tx, row, receipts, at);
      await appendEvents(
        tx,
        receipts.map(({ agentId, error }) =>
          messageEvent(
            row,
            agentId,
            error === undefined
              ? { type: 'message.received' }
              : { type: 'message.failed', status: 'failed', error },
            at,
          ),
        ),
      );
      for (const agentId of told) await notify(tx, 'mail', `${message.orgId}/${agentId}`);
      await insertDeliveries(tx, brokerDeliveries(row, brokerIds, at), at.getTime());
      return { kind: 'accepted', message: row, wasNew: added !== undefined || told.length > 0 };
    });
  }

  /** How an agent takes one more message; undefined where it was deleted meanwhile. */
  async function receiptAt(
    tx: Db,
    ref: { orgId: string; agentId: string },
    at: Date,
  ): Promise<NewReceipt | undefined> {
    const agent = await getAgent(tx, ref.orgId, ref.agentId);
    if (!agent) return undefined;
    if (agent.busy_policy === 'queue') return { agentId: agent.id, status: 'queued' };
    // So that two messages do not both find it free.
    await lockAgent(tx, ref.orgId, ref.agentId);
    const { queued, delivered } = await countOpen(tx, agent.id);
    if (agent.busy_policy === 'reject')
      return queued + delivered < agent.concurrency
        ? { agentId: agent.id, status: 'queued' }
        : { agentId: agent.id, status: 'failed', error: 'agent_busy' };
    if (delivered >= agent.concurrency) await interruptMail(tx, agent, at);
    return { agentId: agent.id, status: 'queued' };
  }

  async function standing(
    { orgId, id, fingerprint }: NewMessage,
    addressee: Addressee,
  ): Promise<Sending | undefined> {
    const row = await getMessage(db, orgId, id);
    if (!row) return undefined;
    if (addressee.kind === 'copy') {
      const receipt = await getReceipt(db, { orgId, messageId: id, agentId: addressee.agentId });
      // What was sent to one agent alone is nobody else's, whoever names its id.
      return receipt || !row.is_published ? { kind: 'accepted', message: row, wasNew: false } : undefined;
    }
    return row.fingerprint === fingerprint
      ? { kind: 'accepted', message: row, wasNew: false }
      : { kind: 'taken' };
  }

  return {
    async send(message, addressee) {
      const known = await standing(message, addressee);
      if (known) return known;
      const recipients = await recipientsOf(message, addressee);
      if (!recipients) return { kind: 'unknown_agent' };
      const handled = recipients
        .filter(isHandledHere)
        .map(({ id: agentId }) => ({ orgId: message.orgId, agentId }));
      const brokerIds = addressee.kind === 'topic' ? await brokersFor(db, message) : [];
      const receivers = brokerIds.map((id) => ({ orgId: message.orgId, receiver: brokerReceiver(id) }));
      await Promise.all([
        ...handled.map((agent) => starter.ensureMailbox(agent)),
        ...receivers.map((receiver) => starter.ensureEndpoint(receiver)),
      ]);
      const sending = await write(message, recipients, { addressee, brokerIds });
      if (sending.kind === 'taken') return (await standing(message, addressee)) ?? sending;
      for (const agent of handled) starter.wakeMailbox(agent);
      for (const receiver of receivers) starter.wakeEndpoint(receiver);
      return sending;
    },
  };
}

/** An agent does not hear itself, and what handles messages here answers no answers: two of them would never end. */
function isMeant(agent: Recipient, { sender, inReplyTo }: NewMessage): boolean {
  if (agent.name === sender || agent.id === sender) return false;
  return inReplyTo === null || !isHandledHere(agent);
}

/** A message that stands already, where it was published for all. */
async function published(tx: Db, { orgId, id }: NewMessage): Promise<MessageRow | undefined> {
  const row = await getMessage(tx, orgId, id);
  return row?.is_published ? row : undefined;
}
