import type { z } from 'zod';
import { type MessageRow, type ReceiptRow, receiptsOf } from '../db/messages.js';
import { cursorOf } from '../db/topic-history.js';
import { envelopeOf } from '../mailboxes/envelope.js';
import type { Mail } from '../mailboxes/take.js';
import type { LeasedMessage, Message, PublishedMessage, Receipt } from '../schemas/message.js';
import type { Services } from './services.js';

/** Receipts that are shown with one message. */
const MOST_RECEIPTS = 500;

export const receiptAnswer = (row: ReceiptRow): z.input<typeof Receipt> => ({
  agentId: row.agent_id,
  status: row.status,
  deliveries: row.deliveries,
  error: row.error,
  reply: row.reply,
  replyId: row.reply_id,
  taskId: row.task_id,
  queuedAt: row.queued_at.toISOString(),
  deliveredAt: row.delivered_at?.toISOString() ?? null,
  endedAt: row.ended_at?.toISOString() ?? null,
});

export const messageAnswer = (row: MessageRow, receipts: readonly ReceiptRow[]): z.input<typeof Message> => ({
  ...envelopeOf(row),
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at?.toISOString() ?? null,
  receipts: receipts.map(receiptAnswer),
});

/** A message with what became of it. */
export async function messageDetail(row: MessageRow, { db }: Pick<Services, 'db'>) {
  return messageAnswer(row, await receiptsOf(db, row.org_id, [row.id], MOST_RECEIPTS));
}

export const leasedAnswer = ({ message, receipt }: Mail): z.input<typeof LeasedMessage> => ({
  ...envelopeOf(message),
  leaseId: receipt.lease_id ?? '',
  leasedUntil: receipt.leased_until?.toISOString() ?? '',
  delivery: receipt.deliveries,
});

export const publishedAnswer = (row: MessageRow): z.input<typeof PublishedMessage> => ({
  ...envelopeOf(row),
  cursor: cursorOf(row),
});
