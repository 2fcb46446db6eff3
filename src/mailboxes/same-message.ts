import { createHash } from 'node:crypto';
import type { MessageRow, NewMessage } from '../db/messages.js';

const inOrder = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
    : value;

/** What a message says, however its fields are ordered. Sender and time may be the broker's. */
const fingerprintOf = (type: string, payload: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify([type, payload], inOrder))
    .digest('hex');

/** Whether what comes under the id of a message is that message: who gives ids may give one of them twice. */
export function isSameMessage(row: MessageRow, { topic, type, payload, inReplyTo }: NewMessage): boolean {
  // What was put into a queue itself tells no topic.
  if (topic !== null && row.topic !== null && topic !== row.topic) return false;
  if (row.in_reply_to !== inReplyTo) return false;
  return fingerprintOf(row.type, row.payload) === fingerprintOf(type, payload);
}
