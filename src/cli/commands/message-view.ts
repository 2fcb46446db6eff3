import type { LeasedMessage, Message, Published, Receipt } from '../../client/index.js';
import { asJson, type Column, moment, partOf, status, text, type View } from '../view.js';

type Sent = Pick<Message, 'id' | 'topic' | 'from' | 'type' | 'payload'>;

const ID = text('id', ({ id }: Sent) => id);
const ENVELOPE: Column<Sent>[] = [
  text('from', ({ from }) => from),
  text('topic', ({ topic }) => topic),
  text('type', ({ type }) => type),
  text('payload', ({ payload }) => asJson(payload)),
];

const stateOf = ({ receipts: [first, ...others] }: Message) => {
  if (!first) return 'no receiver';
  return others.every(({ status }) => status === first.status) ? first.status : 'several';
};

export const RECEIPT_COLUMNS: Column<Receipt>[] = [
  text('agent', ({ agentId }) => agentId),
  status('status', (receipt) => receipt.status),
  text('deliveries', ({ deliveries }) => deliveries),
  moment('ended', ({ endedAt }) => endedAt),
  text('reply', ({ reply }) => asJson(reply)),
  text('error', ({ error }) => error),
];

export const MESSAGE: View<Message> = {
  id: ({ id }) => id,
  columns: [ID, status('status', stateOf), ...ENVELOPE, moment('created', ({ createdAt }) => createdAt)],
  more: [
    text('reply to', ({ replyTo }) => replyTo),
    text('in reply to', ({ inReplyTo }) => inReplyTo),
    moment('expires', ({ expiresAt }) => expiresAt),
  ],
  parts: ({ receipts }) => partOf('receipts', RECEIPT_COLUMNS, receipts),
  empty: 'No messages.',
};

export const LEASED: View<LeasedMessage> = {
  id: ({ id }) => id,
  columns: [
    ID,
    ...ENVELOPE,
    text('lease', ({ leaseId }) => leaseId),
    moment('leased until', ({ leasedUntil }) => leasedUntil),
    text('delivery', ({ delivery }) => delivery),
  ],
  empty: 'Nothing waits.',
};

export const PUBLISHED: View<Published> = {
  id: ({ id }) => id,
  columns: [ID, ...ENVELOPE, text('cursor', ({ cursor }) => cursor)],
  empty: 'Nothing was published on this topic.',
};
