import { listMail } from '../../db/mail-views.js';
import { getMessages, getReceipt } from '../../db/messages.js';
import { resendEnded, resendMail } from '../../mailboxes/resend.js';
import {
  BulkResending,
  MailFilter,
  MessagePage,
  ReceiptAnswer,
  ResendingAnswer,
} from '../../schemas/message.js';
import { Problem } from '../../schemas/problem.js';
import { findOwnAgent } from '../change-agent.js';
import { messageAnswer, receiptAnswer } from '../message-answer.js';
import { readPage } from '../page.js';
import { ApiProblem } from '../problem.js';
import { route } from '../route.js';
import { tag } from './messages.js';

const common = { callers: ['key', 'admin'], orgWide: true, tag } as const;

const listRoute = route({
  ...common,
  method: 'get',
  path: '/agents/:id/messages',
  summary: 'The mail of an agent, the newest first',
  description: 'Each with the receipt of this agent alone.',
  query: MailFilter,
  answers: { 200: MessagePage, 404: Problem },
  async handle({ params, query, caller: { orgId } }, services) {
    const { db } = services;
    const agent = await findOwnAgent(services, orgId, params.id);
    const { items: messages, nextCursor } = await readPage(
      query,
      (limit, position) => listMail(db, agent.id, { ...query, limit }, position),
      async (receipts) => {
        const ids = receipts.map(({ message_id: id }) => id);
        const rows = new Map((await getMessages(db, orgId, ids)).map((row) => [row.id, row]));
        return receipts.flatMap((receipt) => {
          const row = rows.get(receipt.message_id);
          return row ? [messageAnswer(row, [receipt])] : [];
        });
      },
    );
    return { messages, nextCursor };
  },
});

const redeliverRoute = route({
  ...common,
  method: 'post',
  path: '/agents/:id/messages/:messageId/redeliver',
  summary: 'Send an agent a message that has ended there once more',
  description:
    'It waits behind all others, as long as it takes. How often it was given before does not count against `maxDeliveries`. One that has not ended is 409.',
  answers: { 200: ReceiptAnswer, 404: Problem, 409: Problem },
  async handle({ params: { id, messageId }, caller: { orgId } }, services) {
    const agent = await findOwnAgent(services, orgId, id);
    const receipt = await resendMail(services, agent, messageId, new Date(services.clock()));
    if (receipt) return { receipt: receiptAnswer(receipt) };
    const isThere = (await getReceipt(services.db, { orgId, messageId, agentId: id })) !== undefined;
    if (!isThere) throw new ApiProblem('not_found', 'the agent never got such a message');
    throw new ApiProblem('wrong_state', 'the message has not ended there: it waits, or is with the agent');
  },
});

const redeliverAllRoute = route({
  ...common,
  method: 'post',
  path: '/agents/:id/messages/redeliver',
  summary: 'Send an agent all messages once more that are dead or failed there',
  description: 'In the order in which they came.',
  body: BulkResending,
  answers: { 200: ResendingAnswer, 404: Problem },
  async handle({ params, body: { status, since }, caller: { orgId } }, services) {
    const agent = await findOwnAgent(services, orgId, params.id);
    const wish = { status, since };
    return { redelivered: await resendEnded(services, agent, wish, new Date(services.clock())) };
  },
});

export const mailRoutes = [listRoute, redeliverRoute, redeliverAllRoute];
