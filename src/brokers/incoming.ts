import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { NewMessage } from '../db/messages.js';
import { checkJson } from '../domain/json-guard.js';
import { OwnId } from '../schemas/identity.js';
import { MessageRequest } from '../schemas/message.js';
import { Topic } from '../schemas/topic.js';
import type { Incoming } from './connection.js';

/** A payload has 256 KB; what is around it has less than this. */
const LIMIT_BYTES = 1_048_576;
/** Fields that we do not know are for somebody else. */
const CarriedEnvelope = z.object({
  ...MessageRequest.shape,
  topic: Topic.optional().catch(undefined),
  inReplyTo: OwnId.optional(),
});

/** Why what a broker handed over is no message, for the log. */
export class Malformed extends Error {}

/** An id of the broker's that is none of ours becomes one that follows from it. */
const ownId = (id: string): string =>
  OwnId.safeParse(id).success ? id : createHash('sha256').update(id).digest('hex');

function parsed(body: Uint8Array): z.infer<typeof CarriedEnvelope> {
  if (body.byteLength > LIMIT_BYTES) throw new Malformed('is larger than 1 MB');
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const value = checkJson(text, JSON.parse(text), { limitBytes: LIMIT_BYTES, nullRemoves: true });
    return CarriedEnvelope.parse(value);
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    // What a parser says may quote the message.
    throw new Malformed(issue ? `${issue.path.join('.')}: ${issue.message}` : 'is not a JSON object');
  }
}

/**
 * The message that a broker handed over. Its id is the envelope's, else the one that the broker knows; without either
 * it is made up, and handed over again it is another message. Throws {@link Malformed}.
 */
export function readIncoming(
  { id, topic: publishedOn, sender, body }: Incoming,
  { orgId, broker, at }: { orgId: string; broker: string; at: Date },
): NewMessage {
  const envelope = parsed(body);
  const topic = Topic.safeParse(publishedOn).data ?? envelope.topic ?? null;
  return {
    orgId,
    id: envelope.id ?? (id === null ? randomUUID() : ownId(id)),
    topic,
    sender: envelope.from ?? (sender?.trim().slice(0, 200) || broker),
    type: envelope.type,
    payload: envelope.payload,
    sentAt: envelope.timestamp ?? Math.floor(at.getTime() / 1_000),
    replyTo: envelope.replyTo ?? null,
    inReplyTo: envelope.inReplyTo ?? null,
    isPublished: topic !== null,
    fingerprint: null,
    expiresAt: envelope.ttl === undefined ? null : new Date(at.getTime() + envelope.ttl),
    createdAt: at,
  };
}
