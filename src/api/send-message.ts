import { createHash } from 'node:crypto';
import { getAgent } from '../db/agents.js';
import type { MessageRow, NewMessage } from '../db/messages.js';
import type { Addressee } from '../mailboxes/mailboxes.js';
import type { MessageRequest } from '../schemas/message.js';
import { wrongCredential } from './authenticate.js';
import type { AgentCaller, Caller } from './caller.js';
import { ApiProblem, invalid } from './problem.js';
import type { Services } from './services.js';

/** Of programs that do not say who they are. */
const NAMELESS = 'api';
const BUSY_RETRY_SECONDS = 1;

export type Sender = Caller | AgentCaller;

/** Who a message is from: a program says so, an agent is itself. */
async function senderOf(
  { db }: Services,
  caller: Sender,
  from: string | undefined,
): Promise<Pick<NewMessage, 'sender' | 'senderAgentId'>> {
  if (caller.kind !== 'agent') return { sender: from ?? NAMELESS };
  const agent = await getAgent(db, caller.orgId, caller.agentId);
  if (!agent) throw wrongCredential();
  if (from !== undefined && from !== agent.name)
    throw invalid([{ path: 'from', message: `an agent sends as itself: ${agent.name}` }]);
  return { sender: agent.name, senderAgentId: agent.id };
}

/** What makes two requests the same: whom it is for, who sends it, and what it says. */
const fingerprintOf = (addressee: Addressee, sender: string, request: MessageRequest): string =>
  createHash('sha256')
    .update(JSON.stringify([addressee, sender, request]))
    .digest('hex');

/** Sends what a request asks for; a repeat finds what the first one wrote. Throws why it cannot be. */
export async function sendMessage(
  services: Services,
  { caller, body, idFor }: { caller: Sender; body: MessageRequest; idFor: () => string },
  addressee: Addressee,
): Promise<MessageRow> {
  const { sender, senderAgentId = null } = await senderOf(services, caller, body.from);
  const now = services.clock();
  const message: NewMessage = {
    ...{ orgId: caller.orgId, id: body.id ?? idFor(), topic: body.topic ?? null, sender, senderAgentId },
    ...{ type: body.type, payload: body.payload, sentAt: body.timestamp ?? Math.floor(now / 1_000) },
    ...{ replyTo: body.replyTo ?? null, inReplyTo: null, isPublished: addressee.kind === 'topic' },
    fingerprint: fingerprintOf(addressee, sender, body),
    expiresAt: body.ttl === undefined ? null : new Date(now + body.ttl),
    createdAt: new Date(now),
  };
  const sending = await services.mailboxes.send(message, addressee);
  if (sending.kind === 'accepted') return sending.message;
  if (sending.kind === 'unknown_agent') throw new ApiProblem('not_found', 'there is no such agent');
  if (sending.kind === 'busy')
    throw new ApiProblem('agent_busy', 'the agent has its hands full and takes no message then', {
      retryAfterSeconds: BUSY_RETRY_SECONDS,
    });
  throw new ApiProblem('id_taken', 'another message has this id: send the same one, or choose another id');
}
