import { type AgentRow, getAgent } from '../db/agents.js';
import type { Database } from '../db/database.js';
import { getMessage, getReceipt, type MessageRow, type NewMessage, subscribers } from '../db/messages.js';
import { brokerReceiver } from '../domain/channel-target.js';
import { matchesTopic } from '../domain/topic-pattern.js';
import type { Starter } from '../engine/starter.js';
import { brokersFor } from './broker-deliveries.js';
import { isSameMessage } from './same-message.js';
import { writeMessage } from './write-message.js';

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
  /** Another message has its id: what it says is not the same, or it is not for the agent of the copy. */
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
type Recipient = Pick<AgentRow, 'id' | 'handler' | 'definition'>;
type Origin = Pick<NewMessage, 'senderAgentId' | 'inReplyTo'>;

/** Whether its messages are handled here, by a workflow of its own. */
export const isHandledHere = ({ handler, definition }: Pick<AgentRow, 'handler' | 'definition'>): boolean =>
  handler !== null || definition !== null;

export interface MailboxesOptions {
  database: Database;
  starter: Pick<Starter, 'ensureMailbox' | 'wakeMailbox' | 'ensureEndpoint' | 'wakeEndpoint'>;
}

export function createMailboxes({ database, starter }: MailboxesOptions): Mailboxes {
  const { db } = database;

  /** Who sent what comes from outside: what went out here is known; others say who they are by an agent's id. */
  async function originOf({ orgId, id, sender, inReplyTo }: NewMessage): Promise<Origin> {
    const row = await getMessage(db, orgId, id);
    return row
      ? { senderAgentId: row.sender_agent_id, inReplyTo: row.in_reply_to }
      : { senderAgentId: sender, inReplyTo };
  }

  async function recipientsOf(message: NewMessage, addressee: Addressee): Promise<Recipient[] | undefined> {
    if (addressee.kind !== 'topic') {
      const agent = await getAgent(db, message.orgId, addressee.agentId);
      if (!agent || addressee.kind === 'agent') return agent && [agent];
      return isMeant(agent, await originOf(message)) ? [agent] : [];
    }
    const { topic } = message;
    const all = topic === null ? [] : await subscribers(db, message.orgId);
    return all.filter(
      (agent) =>
        isMeant(agent, message) && agent.topics.some((pattern) => matchesTopic(pattern, topic ?? '')),
    );
  }

  async function standing(message: NewMessage, addressee: Addressee): Promise<Sending | undefined> {
    const { orgId, id, fingerprint } = message;
    const row = await getMessage(db, orgId, id);
    if (!row) return undefined;
    if (addressee.kind === 'copy') {
      if (!isSameMessage(row, message)) return { kind: 'taken' };
      const receipt = await getReceipt(db, { orgId, messageId: id, agentId: addressee.agentId });
      // What was sent to one agent alone is nobody else's, whoever names its id.
      if (!receipt) return row.is_published ? undefined : { kind: 'taken' };
      return { kind: 'accepted', message: row, wasNew: false };
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
      const sending = await db
        .transaction()
        .execute((tx) => writeMessage(tx, message, { recipients, addressee, brokerIds }));
      if (sending.kind === 'taken') return (await standing(message, addressee)) ?? sending;
      for (const agent of handled) starter.wakeMailbox(agent);
      for (const receiver of receivers) starter.wakeEndpoint(receiver);
      return sending;
    },
  };
}

/** An agent does not hear itself, and what handles messages here answers no answers: two of them would never end. */
function isMeant(agent: Recipient, { senderAgentId, inReplyTo }: Origin): boolean {
  if (agent.id === senderAgentId) return false;
  return inReplyTo === null || !isHandledHere(agent);
}
