import { getAgent, lockAgent } from '../db/agents.js';
import type { Db } from '../db/database.js';
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
  takeBack,
} from '../db/messages.js';
import { notify } from '../db/notify.js';
import { brokerDeliveries } from './broker-deliveries.js';
import type { Addressee, Sending } from './mailboxes.js';
import { isSameMessage } from './same-message.js';
import { interruptMail, messageEvent } from './settle.js';

/** Whom a message is for, and through which brokers it goes out besides. */
export interface Ways {
  recipients: readonly { id: string }[];
  addressee: Addressee;
  brokerIds: readonly string[];
}

/** Writes a message with all that follows from it. */
export async function writeMessage(
  tx: Db,
  message: NewMessage,
  { recipients, addressee, brokerIds }: Ways,
): Promise<Sending> {
  const at = message.createdAt;
  // First of all: a repeat at the same moment waits here, and neither finds the agent busy with itself nor interrupts.
  const added = await insertMessage(tx, message);
  const row = added ?? (addressee.kind === 'copy' ? await published(tx, message) : undefined);
  if (!row) return { kind: 'taken' };
  const receipts: NewReceipt[] = [];
  for (const { id } of recipients) {
    const receipt = await receiptAt(tx, message, id);
    if (receipt?.status === 'failed' && addressee.kind === 'agent') {
      await takeBack(tx, row);
      return { kind: 'busy' };
    }
    if (receipt) receipts.push(receipt);
  }
  const told = await insertReceipts(tx, row, receipts, at);
  await appendEvents(
    tx,
    receipts.filter(({ agentId }) => told.includes(agentId)).map((receipt) => eventOf(row, receipt, at)),
  );
  for (const agentId of told) await notify(tx, 'mail', `${message.orgId}/${agentId}`);
  await insertDeliveries(tx, brokerDeliveries(row, brokerIds, at), at.getTime());
  return { kind: 'accepted', message: row, wasNew: added !== undefined || told.length > 0 };
}

const eventOf = (row: MessageRow, { agentId, error }: NewReceipt, at: Date) =>
  messageEvent(
    row,
    agentId,
    error === undefined ? { type: 'message.received' } : { type: 'message.failed', status: 'failed', error },
    at,
  );

/** How an agent takes one more message; undefined where it has it, or was deleted meanwhile. */
async function receiptAt(
  tx: Db,
  { orgId, id: messageId, inReplyTo, createdAt: at }: NewMessage,
  agentId: string,
): Promise<NewReceipt | undefined> {
  const agent = await getAgent(tx, orgId, agentId);
  if (!agent) return undefined;
  // Whoever asks is busy with that very question: an answer is neither lost on them, nor ends it.
  if (agent.busy_policy === 'queue' || inReplyTo !== null) return { agentId: agent.id, status: 'queued' };
  // So that two messages do not both find it free.
  await lockAgent(tx, orgId, agentId);
  if (await getReceipt(tx, { orgId, messageId, agentId })) return undefined;
  const { queued, delivered } = await countOpen(tx, agent.id);
  if (agent.busy_policy === 'reject')
    return queued + delivered < agent.concurrency
      ? { agentId: agent.id, status: 'queued' }
      : { agentId: agent.id, status: 'failed', error: 'agent_busy' };
  const count = delivered - agent.concurrency + 1;
  if (count > 0) await interruptMail(tx, agent, { count, at });
  return { agentId: agent.id, status: 'queued' };
}

/** A message that stands already, where it was published for all. */
async function published(tx: Db, message: NewMessage): Promise<MessageRow | undefined> {
  const row = await getMessage(tx, message.orgId, message.id);
  return row?.is_published && isSameMessage(row, message) ? row : undefined;
}
