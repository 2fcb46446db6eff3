import type { MessageRow } from '../db/messages.js';
import type { Envelope } from '../schemas/message.js';

/** A message as it travels. */
export const envelopeOf = (row: MessageRow): Envelope => ({
  ...{ id: row.id, topic: row.topic, from: row.sender, type: row.type, payload: row.payload },
  ...{ timestamp: Number(row.sent_at), replyTo: row.reply_to, inReplyTo: row.in_reply_to },
});
