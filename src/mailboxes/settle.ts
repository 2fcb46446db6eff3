import type { AgentRow } from '../db/agents.js';
import type { Db } from '../db/database.js';
import { appendEvents, type NewEvent } from '../db/events.js';
import { deliveredTo, endDelivery, type ReceiptChange } from '../db/mail.js';
import { type MessageHead, messageHeads, type ReceiptRow } from '../db/messages.js';
import { notify } from '../db/notify.js';
import { endedNotices } from '../domain/ended-notice.js';
import { countMessage } from '../metrics.js';
import type { ReceiptStatus } from '../schemas/message.js';

/** What a delivery of a message came to. */
export type MailOutcome =
  | { kind: 'processed'; reply: Record<string, unknown> | null; replyId: string | null }
  /** For good: handling it again would not help. */
  | { kind: 'failed'; error: string }
  /** It comes again at that moment, unless it was given as often as its agent allows. */
  | { kind: 'refused'; error: string; retryAt: Date };

type MailEvent =
  | { type: 'message.received' }
  | { type: 'message.processed'; deliveries: number; replyId: string | null }
  | { type: 'message.failed'; status: ReceiptStatus; error: string; deliveries?: number };

/** A fact about a message at one of its agents; what was said in it stands in its row. */
export const messageEvent = (
  { org_id: orgId, id: subject, topic, type: messageType, sender }: MessageHead,
  agentId: string,
  { type, ...data }: MailEvent,
  at: Date,
): NewEvent => ({
  orgId,
  type,
  subject,
  data: { agentId, topic, type: messageType, from: sender, ...data },
  at,
});

function changeOf(
  outcome: MailOutcome,
  { deliveries, deliveries_before: before }: ReceiptRow,
  most: number,
): ReceiptChange {
  if (outcome.kind === 'processed')
    return { status: 'processed', error: null, reply: outcome.reply, replyId: outcome.replyId };
  const { error } = outcome;
  if (outcome.kind === 'failed') return { status: 'failed', error };
  return deliveries - before >= most
    ? { status: 'dead', error }
    : { status: 'queued', error, availableAt: outcome.retryAt };
}

/**
 * Writes what a delivery came to, with its event; whoever waits is told. Undefined where the receipt is no longer with
 * whoever had it: its lease ran out, or it was interrupted.
 */
export async function settleMail(
  tx: Db,
  {
    agent,
    message,
    receipt,
  }: { agent: Pick<AgentRow, 'id' | 'max_deliveries'>; message: MessageHead; receipt: ReceiptRow },
  outcome: MailOutcome,
  at: Date,
): Promise<ReceiptRow | undefined> {
  const row = await endDelivery(tx, receipt, changeOf(outcome, receipt, agent.max_deliveries), at);
  if (!row) return undefined;
  countMessage(row);
  const { deliveries, status } = row;
  const event: MailEvent =
    outcome.kind === 'processed'
      ? { type: 'message.processed', deliveries, replyId: outcome.replyId }
      : { type: 'message.failed', status, error: outcome.error, deliveries };
  await appendEvents(tx, [messageEvent(message, agent.id, event, at)]);
  // What waits behind it may be given now.
  await notify(tx, 'mail', `${row.org_id}/${agent.id}`);
  if (status !== 'queued')
    for (const notice of endedNotices(row.org_id, [message.id])) await notify(tx, 'ended', notice);
  return row;
}

/** Gives up so many of the messages that an agent is handling, those first that came first. */
export async function interruptMail(
  tx: Db,
  agent: Pick<AgentRow, 'id' | 'org_id' | 'max_deliveries'>,
  { count, at }: { count: number; at: Date },
): Promise<void> {
  const receipts = (await deliveredTo(tx, agent.id)).slice(0, count);
  const ids = receipts.map(({ message_id: id }) => id);
  const messages = new Map((await messageHeads(tx, agent.org_id, ids)).map((head) => [head.id, head]));
  for (const receipt of receipts) {
    const message = messages.get(receipt.message_id);
    if (message)
      await settleMail(tx, { agent, message, receipt }, { kind: 'failed', error: 'interrupted' }, at);
  }
}
