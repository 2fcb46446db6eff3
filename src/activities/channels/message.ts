import type { Log } from '../../log.js';
import type { Mailboxes } from '../../mailboxes/mailboxes.js';
import type { AttemptResult, Channel } from './channel.js';

export interface MessageChannelOptions {
  mailboxes: Mailboxes;
  log: Log;
  now?: () => number;
}

const SENDER = 'mainspring';

/** Puts a message into mailboxes. Its id is the delivery's, so that a second attempt finds it there. */
export function createMessageChannel({ mailboxes, log, now = Date.now }: MessageChannelOptions): Channel {
  return {
    async deliver({
      orgId,
      id,
      request: { agentId, topic, messageType = 'timer' },
      body,
    }): Promise<AttemptResult> {
      const createdAt = new Date(now());
      const message = {
        ...{ orgId, id, sender: SENDER, type: messageType, payload: JSON.parse(body), topic: topic ?? null },
        ...{ sentAt: Math.floor(now() / 1_000), replyTo: null, inReplyTo: null },
        ...{ isPublished: agentId === undefined, fingerprint: id, expiresAt: null, createdAt },
      };
      const addressee =
        agentId === undefined ? { kind: 'topic' as const } : { kind: 'agent' as const, agentId };
      try {
        const sending = await mailboxes.send(message, addressee);
        if (sending.kind === 'accepted') return { kind: 'delivered', answer: `message ${id}` };
        if (sending.kind === 'busy') return { kind: 'retry', error: 'agent_busy' };
        return { kind: 'dead', error: sending.kind === 'taken' ? 'id_taken' : 'unknown_agent' };
      } catch (error) {
        log.warn({ org: orgId, delivery: id, error }, 'A message could not be sent');
        return { kind: 'retry', error: 'not_sent' };
      }
    },
  };
}
