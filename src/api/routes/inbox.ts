import { z } from 'zod';
import { lockAgent } from '../../db/agents.js';
import { extendLease, findLease } from '../../db/leases.js';
import { getMessage, type MessageRow, type ReceiptRow } from '../../db/messages.js';
import { refusalDelayMs } from '../../domain/refusal-delay.js';
import { isHandledHere } from '../../mailboxes/mailboxes.js';
import { sendReply } from '../../mailboxes/reply.js';
import { type MailOutcome, settleMail } from '../../mailboxes/settle.js';
import { type TakeOptions, type Taking, takeMail } from '../../mailboxes/take.js';
import {
  Acknowledgement,
  Extension,
  Inbox,
  inboxQuery,
  LeaseAnswer,
  ReceiptAnswer,
  Refusal,
} from '../../schemas/message.js';
import { Problem } from '../../schemas/problem.js';
import { findOwnAgent } from '../change-agent.js';
import { leasedAnswer, receiptAnswer } from '../message-answer.js';
import { ApiProblem, invalid } from '../problem.js';
import { route } from '../route.js';
import type { Sender } from '../send-message.js';
import type { Services } from '../services.js';
import { waitQuery, waitUntil } from '../wait.js';
import { tag } from './messages.js';

const common = { callers: ['key', 'admin', 'agent'], orgWide: true, isMail: true, tag } as const;

const unknownAgent = () => new ApiProblem('not_found', 'there is no such agent');
const notLeased = () =>
  new ApiProblem('not_leased', 'the message is not leased so (any more): it comes again, or has ended');

/** Leases what is next for an agent; answers null where it was deleted. */
async function take(
  { db, clock }: Services,
  { orgId, agentId }: { orgId: string; agentId: string },
  options: Omit<TakeOptions, 'at'>,
): Promise<Taking | null> {
  return db.transaction().execute(async (tx) => {
    const agent = await lockAgent(tx, orgId, agentId);
    if (!agent) return null;
    if (isHandledHere(agent))
      throw new ApiProblem('wrong_state', 'the messages of this agent are handled here: it has a handler');
    return takeMail(tx, agent, { ...options, at: new Date(clock()) });
  });
}

const NOTHING: Taking = { taken: [], nextAt: null, queued: 0 };

const inboxRoute = route({
  ...common,
  method: 'get',
  path: '/agents/:id/inbox',
  summary: 'Lease what is next for an agent, or wait until there is something',
  description:
    'The oldest first, and no more than its `concurrency` at any time. What is not acknowledged, refused or extended before its lease runs out comes again. An agent that is paused, stopped or suspended gets nothing, and keeps its mail.',
  query: z.object({ ...waitQuery, ...inboxQuery }),
  answers: { 200: Inbox, 404: Problem, 409: Problem },
  async handle({ params: { id: agentId }, query, caller: { orgId }, signal }, services) {
    const { wait = 0, max, lease: leaseMs } = query;
    await findOwnAgent(services, orgId, agentId);
    const taking = await waitUntil({
      database: services.database,
      channel: 'mail',
      isOurs: (notice) => notice === `${orgId}/${agentId}`,
      // What is leased for somebody who went away would be with nobody until its lease runs out.
      read: async () => (signal.aborted ? NOTHING : take(services, { orgId, agentId }, { max, leaseMs })),
      hasEnded: (value) => value === null || value.taken.length > 0,
      changesAt: (value) => value?.nextAt ?? null,
      millis: wait,
      signal,
    });
    if (!taking) throw unknownAgent();
    return { messages: taking.taken.map(leasedAnswer) };
  },
});

/** Sending a reply takes no longer. */
const REPLY_MS = 60_000;
const laterOf = (until: Date | null, at: Date): Date =>
  new Date(Math.max(until?.getTime() ?? 0, at.getTime() + REPLY_MS));

interface Leased {
  message: MessageRow;
  receipt: ReceiptRow;
}

/** The lease that a request is about; throws where there is none. */
async function leased(
  { db }: Services,
  { caller, id, leaseId }: { caller: Sender; id: string; leaseId: string | undefined },
): Promise<Leased> {
  const { orgId } = caller;
  if (caller.kind !== 'agent' && leaseId === undefined)
    throw invalid([{ path: 'leaseId', message: 'is needed with an API key: the inbox answers it' }]);
  const agentId = caller.kind === 'agent' ? caller.agentId : undefined;
  const message = await getMessage(db, orgId, id);
  if (!message) throw new ApiProblem('not_found', 'there is no such message');
  const receipt = await findLease(db, { orgId, messageId: id, agentId, leaseId });
  if (!receipt) throw notLeased();
  return { message, receipt };
}

/** Moves the end of a lease; throws where it is held no longer. */
async function hold({ db }: Services, receipt: ReceiptRow, until: Date): Promise<void> {
  const isHeld = await db.transaction().execute(async (tx) => {
    // Whoever takes back what was leased too long has locked it as well.
    const agent = await lockAgent(tx, receipt.org_id, receipt.agent_id);
    return agent !== undefined && (await extendLease(tx, receipt, until));
  });
  if (!isHeld) throw notLeased();
}

/** Writes what a delivery came to; throws where somebody else has it meanwhile. */
async function settle(
  { db, clock }: Services,
  { message, receipt }: Leased,
  outcome: MailOutcome,
): Promise<ReceiptRow> {
  return db.transaction().execute(async (tx) => {
    const agent = await lockAgent(tx, receipt.org_id, receipt.agent_id);
    const row = agent && (await settleMail(tx, { agent, message, receipt }, outcome, new Date(clock())));
    if (!row) throw notLeased();
    return row;
  });
}

const ackRoute = route({
  ...common,
  method: 'post',
  path: '/messages/:id/ack',
  summary: 'Acknowledge a message that was leased: it was handled',
  description:
    'A `reply` is sent as a message of its own: to `replyTo` of the message, and to the topic it was published on; it stands in the receipt as well.',
  body: Acknowledgement,
  answers: { 200: ReceiptAnswer, 404: Problem, 409: Problem },
  async handle({ params: { id }, body: { leaseId, reply = null }, caller }, services) {
    const lease = await leased(services, { caller, id, leaseId });
    const agent = await findOwnAgent(services, caller.orgId, lease.receipt.agent_id);
    const at = new Date(services.clock());
    // Meanwhile nobody else is given it: of two that answer the first one would be heard, and the other one's be kept.
    if (reply !== null) await hold(services, lease.receipt, laterOf(lease.receipt.leased_until, at));
    const replyId =
      reply === null ? null : await sendReply(services, { ...lease, agent, payload: reply, at });
    const receipt = await settle(services, lease, { kind: 'processed', reply, replyId });
    return { receipt: receiptAnswer(receipt) };
  },
});

const nackRoute = route({
  ...common,
  method: 'post',
  path: '/messages/:id/nack',
  summary: 'Refuse a message that was leased: it comes again after a while',
  description: "When it was given as often as its agent's `maxDeliveries` it is dead.",
  body: Refusal,
  answers: { 200: ReceiptAnswer, 404: Problem, 409: Problem },
  async handle({ params: { id }, body: { leaseId, error = 'refused', delay }, caller }, services) {
    const lease = await leased(services, { caller, id, leaseId });
    const { deliveries, deliveries_before: before } = lease.receipt;
    const retryAt = new Date(services.clock() + (delay ?? refusalDelayMs(deliveries - before)));
    const receipt = await settle(services, lease, { kind: 'refused', error, retryAt });
    return { receipt: receiptAnswer(receipt) };
  },
});

const extendRoute = route({
  ...common,
  method: 'post',
  path: '/messages/:id/extend',
  summary: 'Hold a message that was leased for longer',
  description: 'The lease runs out so long from now on.',
  body: Extension,
  answers: { 200: LeaseAnswer, 404: Problem, 409: Problem },
  async handle({ params: { id }, body: { leaseId, lease: leaseMs }, caller }, services) {
    const { receipt } = await leased(services, { caller, id, leaseId });
    const until = new Date(services.clock() + leaseMs);
    await hold(services, receipt, until);
    return { leaseId: receipt.lease_id ?? '', leasedUntil: until.toISOString() };
  },
});

export const inboxRoutes = [inboxRoute, ackRoute, nackRoute, extendRoute];
