import type { z } from 'zod';
import type { Inbox, MessageAnswer } from '../../schemas/message.js';
import type { ToolWish } from './tool.js';

const params = { id: { name: 'messageId', description: 'Of the message' } };
const ENDED = ['processed', 'failed', 'dead'];
const receiptsOf = (body: unknown) => (body as z.infer<typeof MessageAnswer>).message.receipts;
const takenOf = (body: unknown) => (body as z.infer<typeof Inbox>).messages;

/** Tools for mail between agents. */
export const messageTools: readonly ToolWish[] = [
  {
    name: 'send_message',
    title: 'Send an agent a message',
    route: 'POST /agents/:id/messages',
    params: { id: { name: 'agentId', description: 'Whom it is for: the id of the agent' } },
    reachesOut: true,
    description:
      'Puts a message into the mailbox of one agent, which gets it once it has time. `type` says what kind it is, `payload` holds what it says. wait_for_message answers what the agent replied.',
  },
  {
    name: 'publish_message',
    title: 'Publish a message',
    route: 'POST /topics/:topic/messages',
    params: { topic: { name: 'topic', description: 'Words with dots between them: `support.billing`' } },
    reachesOut: true,
    description: 'Sends a message to every agent that subscribes to a topic.',
  },
  {
    name: 'get_message',
    title: 'Look at a message',
    route: 'GET /messages/:id',
    params,
    description: 'A message, and what became of it at each agent that it is for: its receipts, with replies.',
  },
  {
    name: 'wait_for_message',
    title: 'Wait for what becomes of a message',
    route: 'GET /messages/:id',
    params,
    waits: {
      byDefault: '45s',
      hasCome: (body) => receiptsOf(body).every(({ status }) => ENDED.includes(status)),
      soFar: (body) => `At its agents the message is ${receiptsOf(body).map(({ status }) => status)}`,
    },
    description:
      'Waits until a message was handled, or given up, by every agent that it is for, and answers it with their replies. Where that has not come in the time given it answers it as it is: call it again to go on waiting.',
  },
  {
    name: 'read_inbox',
    title: 'Take messages from an inbox',
    route: 'GET /agents/:id/inbox',
    params: { id: { name: 'agentId', description: 'Whose inbox: the id of the agent' } },
    isReadOnly: false,
    isIdempotent: false,
    waits: {
      byDefault: '0',
      hasCome: (body) => takenOf(body).length > 0,
      soFar: () => 'The inbox is empty',
    },
    description:
      'Takes the oldest messages of an agent and holds them for a while (`lease`). Handle each, then ack_message with its id and leaseId; nack_message gives it back. One that gets neither before its lease runs out comes again. With `wait` it waits until there is one.',
  },
  {
    name: 'ack_message',
    title: 'Acknowledge a message',
    route: 'POST /messages/:id/ack',
    params,
    description:
      'Says that a message from read_inbox was handled: it does not come again. `reply` is sent to whoever sent it.',
  },
  {
    name: 'nack_message',
    title: 'Give a message back',
    route: 'POST /messages/:id/nack',
    params,
    description:
      'Says that a message from read_inbox could not be handled now: it comes again after a while. Say why in `error`.',
  },
  {
    name: 'extend_message',
    title: 'Hold a message for longer',
    route: 'POST /messages/:id/extend',
    params,
    description: 'Holds a message from read_inbox for longer, where handling it takes its time.',
  },
];
