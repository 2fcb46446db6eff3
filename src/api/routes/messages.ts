import { z } from 'zod';
import { parseCursor } from '../../db/events.js';
import { isOpen } from '../../db/mail-views.js';
import { getMessage, getReceipt, type MessageRow } from '../../db/messages.js';
import { readHistory } from '../../db/topic-history.js';
import { tellsOf } from '../../domain/ended-notice.js';
import { MessageAnswer, MessageRequest, PublishRequest, TopicHistory } from '../../schemas/message.js';
import { pageQuery } from '../../schemas/page.js';
import { Problem } from '../../schemas/problem.js';
import { Topic } from '../../schemas/topic.js';
import { messageAnswer, messageDetail, publishedAnswer } from '../message-answer.js';
import { ApiProblem, invalid } from '../problem.js';
import { Reply, route } from '../route.js';
import { type Sender, sendMessage } from '../send-message.js';
import type { Services } from '../services.js';
import { waitQuery, waitUntil } from '../wait.js';

export const tag = 'Messages';
const callers = ['key', 'admin', 'agent'] as const;

const unknownMessage = () => new ApiProblem('not_found', 'there is no such message');

async function accepted(row: MessageRow, services: Services) {
  return new Reply(
    202,
    { message: await messageDetail(row, services) },
    { Location: `/messages/${encodeURIComponent(row.id)}` },
  );
}

const sendRoute = route({
  method: 'post',
  path: '/agents/:id/messages',
  callers,
  idempotent: true,
  orgWide: true,
  isForOthers: true,
  isMail: true,
  tag,
  summary: 'Send an agent a message',
  description:
    'It is durable, in the mailbox of the agent, before this answers. The same `id` with the same body is the same message. An agent whose `busyPolicy` is `reject` may answer 409 `agent_busy`.',
  body: MessageRequest,
  answers: { 202: MessageAnswer, 404: Problem, 409: Problem, 422: Problem },
  async handle({ params, ...request }, services) {
    const row = await sendMessage(services, request, { kind: 'agent', agentId: params.id });
    return accepted(row, services);
  },
});

/** Throws where a topic of a path is none, such as a pattern: nothing is published on those. */
function checkTopic(topic: string): void {
  const parsed = Topic.safeParse(topic);
  if (!parsed.success) throw invalid(parsed.error.issues.map(({ message }) => ({ path: 'topic', message })));
}

const publishRoute = route({
  method: 'post',
  path: '/topics/:topic/messages',
  callers,
  idempotent: true,
  orgWide: true,
  isMail: true,
  tag,
  summary: 'Publish a message: every agent that subscribes to its topic gets it',
  description:
    'It is durable, in the mailboxes of the agents that subscribe to the topic now, before this answers; nobody hears what it published itself.',
  body: PublishRequest,
  answers: { 202: MessageAnswer, 409: Problem, 422: Problem },
  async handle({ params: { topic }, body, caller, idFor }, services) {
    checkTopic(topic);
    if (body.topic !== undefined && body.topic !== topic)
      throw invalid([{ path: 'topic', message: `must be the path's: ${topic}` }]);
    const row = await sendMessage(services, { caller, idFor, body: { ...body, topic } }, { kind: 'topic' });
    return accepted(row, services);
  },
});

const historyRoute = route({
  method: 'get',
  path: '/topics/:topic/messages',
  callers: ['key', 'admin'],
  orgWide: true,
  tag,
  summary: 'What was published on a topic, the oldest first',
  description:
    'Each message carries a `cursor`: `?cursor=` reads what came after it, also later. A message shows once all that were sent before it are written: usually at once.',
  query: z.object(pageQuery),
  answers: { 200: TopicHistory, 422: Problem },
  async handle({ params: { topic }, query: { cursor, limit }, caller: { orgId } }, { db }) {
    checkTopic(topic);
    if (cursor !== undefined && !parseCursor(cursor))
      throw invalid([{ path: 'cursor', message: 'is not the cursor of a message' }]);
    const rows = await readHistory(db, { orgId, topic, cursor, limit: limit + 1 });
    const messages = rows.slice(0, limit).map(publishedAnswer);
    return { messages, nextCursor: rows.length > limit ? (messages.at(-1)?.cursor ?? null) : null };
  },
});

/** What somebody may see of a message: an agent all of what it sent, else what became of it with itself; null: nothing. */
async function visible(services: Services, caller: Sender, row: MessageRow) {
  if (caller.kind !== 'agent' || caller.agentId === row.sender_agent_id) return messageDetail(row, services);
  const { org_id: orgId, id: messageId } = row;
  const own = await getReceipt(services.db, { orgId, messageId, agentId: caller.agentId });
  return own ? messageAnswer(row, [own]) : null;
}

const getRoute = route({
  method: 'get',
  path: '/messages/:id',
  callers,
  orgWide: true,
  isMail: true,
  tag,
  summary: 'A message and what became of it, or wait until it has come to its end everywhere',
  description:
    'With one receipt for each agent that it is for, and what the agent answered. An agent sees what it sent, and what it got with its own receipt alone.',
  query: z.object(waitQuery),
  answers: { 200: MessageAnswer, 404: Problem },
  async handle({ params: { id }, query: { wait }, caller, signal }, services) {
    const { db, database } = services;
    const { orgId } = caller;
    const row = await getMessage(db, orgId, id);
    const seen = row && (await visible(services, caller, row));
    if (!row || !seen) throw unknownMessage();
    if (wait === undefined) return { message: seen };
    await waitUntil({
      database,
      channel: 'ended',
      isOurs: (notice) => tellsOf(notice, orgId, id),
      read: () => isOpen(db, orgId, id),
      hasEnded: (open) => !open,
      millis: wait,
      signal,
    });
    return { message: (await visible(services, caller, row)) ?? seen };
  },
});

export const messageRoutes = [sendRoute, publishRoute, historyRoute, getRoute];
