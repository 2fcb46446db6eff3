import { v5 as derivedId } from 'uuid';
import { getAgent } from '../db/agents.js';
import type { Db } from '../db/database.js';
import type { MessageRow, NewMessage, ReceiptRow } from '../db/messages.js';
import { Topic } from '../schemas/topic.js';
import type { Addressee, Mailboxes } from './mailboxes.js';

/** Any: ids of replies are apart from all others by it. */
const REPLIES = '5b1d7a52-3c0e-5f58-8a51-6a1d9d7b0c27';

export interface Reply {
  /** What is answered. */
  message: MessageRow;
  receipt: Pick<ReceiptRow, 'deliveries_before'>;
  /** Who answers. */
  agent: { id: string; name: string };
  payload: Record<string, unknown>;
  at: Date;
}

interface Destination {
  addressee: Addressee;
  topic: string | null;
}

/** Where a reply goes, the first one naming it: where the message asks for it, and the topic it was published on. */
async function destinationsOf(db: Db, message: MessageRow): Promise<Destination[]> {
  const { org_id: orgId, reply_to: replyTo, topic } = message;
  const found: Destination[] = [];
  const isAgent = replyTo !== null && (await getAgent(db, orgId, replyTo)) !== undefined;
  if (isAgent) found.push({ addressee: { kind: 'agent', agentId: replyTo }, topic });
  else if (replyTo !== null && Topic.safeParse(replyTo).success)
    found.push({ addressee: { kind: 'topic' }, topic: replyTo });
  // An answer to an answer is not published: two agents would never end.
  const isOnTopic = message.is_published && topic !== null && message.in_reply_to === null;
  if (isOnTopic && found.every((one) => one.addressee.kind === 'agent' || one.topic !== topic))
    found.push({ addressee: { kind: 'topic' }, topic });
  return found;
}

/**
 * Sends what an agent answers to a message; to be called before its receipt is settled: a repeat finds what the first
 * one sent. Answers the id of the message that carries it, or null where nobody is to get it (it stands in the receipt).
 * Throws when the engine cannot be reached.
 */
export async function sendReply(
  { db, mailboxes }: { db: Db; mailboxes: Mailboxes },
  { message, receipt, agent, payload, at }: Reply,
): Promise<string | null> {
  const round = `${message.org_id}/${message.id}/${agent.id}/${receipt.deliveries_before}`;
  let firstId: string | null = null;
  for (const [index, { addressee, topic }] of (await destinationsOf(db, message)).entries()) {
    const id = derivedId(`${round}/${index}`, REPLIES);
    const reply: NewMessage = {
      ...{ orgId: message.org_id, id, topic, sender: agent.name, senderAgentId: agent.id },
      ...{ type: message.type, payload },
      ...{ sentAt: Math.floor(at.getTime() / 1_000), replyTo: null, inReplyTo: message.id },
      ...{ isPublished: addressee.kind === 'topic', fingerprint: null, expiresAt: null, createdAt: at },
    };
    const sending = await mailboxes.send(reply, addressee);
    if (sending.kind === 'accepted') firstId ??= id;
  }
  return firstId;
}
