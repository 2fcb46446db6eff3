import { createHash } from 'node:crypto';
import { z } from 'zod';
import { beginningOf, type Message, wellFormed } from '../../domain/message.js';
import type { Log } from '../../log.js';
import type { Mailer, Taken } from '../../mailer.js';
import { keptText } from '../../outbound/kept-text.js';
import { toOutboundError } from '../../outbound/outbound-error.js';
import type { AttemptResult, Channel, OutgoingDelivery } from './channel.js';
import { reporting } from './reporting.js';

export interface EmailOptions {
  mailer: Mailer;
  log: Log;
}

const MOST_OF_A_SUBJECT = 250;

/** Sends an e-mail to all recipients of a delivery. One whose answer was lost is sent again under its Message-ID. */
export const createEmailChannel = (options: EmailOptions): Channel =>
  reporting(options.log, 'E-mail failed', (delivery) => attempt(options, delivery));

async function attempt({ mailer, log }: EmailOptions, delivery: OutgoingDelivery): Promise<AttemptResult> {
  const { orgId, id, request, body, settled = [] } = delivery;
  const { recipients = [] } = request;
  const receivers = recipients.filter((recipient) => !settled.includes(recipient));
  try {
    const message: Message = JSON.parse(body);
    const taken = await mailer.send({
      id: createHash('sha256').update(`${orgId}\n${id}`).digest('hex').slice(0, 40),
      ...{ recipients, receivers },
      ...written(message, request.subject),
    });
    if (taken.refused.length > 0)
      log.warn({ org: orgId, delivery: id }, 'An e-mail was refused for some of its recipients');
    return resultOf(taken, receivers);
  } catch (error) {
    const result = resultOfError(error);
    if (result.error === 'not_sent')
      log.error({ org: orgId, delivery: id, error }, 'An e-mail could not be sent');
    return settled.length > 0 ? withoutTheRest(result, receivers) : result;
  }
}

function written({ title, text }: Message, own: string | undefined): { subject: string; text: string } {
  const subject = beginningOf(
    wellFormed(own ?? title)
      .replace(/\s+/g, ' ')
      .trim(),
    MOST_OF_A_SUBJECT,
  );
  const parts = own === undefined && text.trim() !== '' ? [text] : [title, text];
  return { subject, text: wellFormed(parts.join('\n\n')).trimEnd() };
}

const codeOf = (response: string): number => Number(/^\d{3}/.exec(response)?.[0] ?? 250);
const kept = (text: string) => keptText(Buffer.from(text));

/** Those who were refused for the time being get another attempt, which is for nobody else. */
function resultOf(taken: Taken, receivers: readonly string[]): AttemptResult {
  const answer = answerOf(taken);
  const deferred = taken.refused.filter(({ isFinal }) => !isFinal);
  const [first] = deferred;
  if (!first) return { kind: 'delivered', statusCode: codeOf(taken.response), answer };
  const statusCode = codeOf(first.response);
  const waiting = new Set(deferred.map(({ recipient }) => recipient.toLowerCase()));
  const settled = receivers.filter((recipient) => !waiting.has(recipient.toLowerCase()));
  return { kind: 'retry', error: `status_${statusCode}`, statusCode, answer, settled };
}

/** Others have it already: who is refused for good in the end is told of as if it had been at once. */
function withoutTheRest(result: Failed, receivers: readonly string[]): AttemptResult {
  const { kind, statusCode, answer = '' } = result;
  if (kind !== 'dead' || statusCode === undefined) return result;
  return { kind: 'delivered', statusCode, answer: kept(`refused for ${receivers.join(', ')}: ${answer}`) };
}

/** Those who were refused come first. */
function answerOf({ response, refused }: Taken): string {
  if (refused.length === 0) return kept(response);
  const lines = refused.map(({ recipient, response: reply }) => `refused for ${recipient}: ${reply}`);
  return kept([...lines, `taken for all others: ${response}`].join('\n'));
}

/** What of nodemailer's errors matters. */
const Fault = z.object({
  code: z.string(),
  originalCode: z.string().optional(),
  responseCode: z.int().min(200).max(599).optional(),
  response: z.string().optional(),
  /** Where it was refused for each of its recipients, and not as such. */
  rejectedErrors: z.array(z.unknown()).optional(),
});

const AWAY: Record<string, string> = {
  EABORT: 'timeout',
  ETIMEDOUT: 'timeout',
  ETLS: 'tls_failed',
  EDNS: 'name_not_resolved',
  ECONNECTION: 'connection_closed',
  ESOCKET: 'connection_failed',
  EPROTOCOL: 'answer_unreadable',
};
/** What the server has no reply to: our side sees that it would not take it. */
const HOPELESS: Record<string, string> = { EENVELOPE: 'recipients_refused', EMESSAGE: 'message_too_large' };
/** Bad sequence of commands: that is about the connection, not the e-mail. */
const OUT_OF_STEP = 503;
/** Service not available, closing. */
const GOES_AWAY = 421;

type Failed = Extract<AttemptResult, { kind: 'retry' | 'dead' }>;

/** Replies from 500 on are final. That we are not let in is the operator's business: nothing of it is told. */
function resultOfError(error: unknown): Failed {
  const fault = Fault.safeParse(error).data;
  if (!fault) return { kind: 'retry', error: 'not_sent' };
  const { code, originalCode, responseCode, response = '', rejectedErrors } = fault;
  const isFinal = responseCode !== undefined && responseCode >= 500 && responseCode !== OUT_OF_STEP;
  if (code === 'EAUTH') {
    const isOver = isFinal || responseCode === undefined;
    return { kind: isOver ? 'dead' : 'retry', error: 'authentication_failed' };
  }
  if (responseCode !== undefined) {
    const told = { error: `status_${responseCode}`, statusCode: responseCode, answer: kept(response) };
    if (isFinal) return { kind: 'dead', ...told };
    const isOfRecipients = rejectedErrors !== undefined && responseCode !== GOES_AWAY;
    return { kind: 'retry', ...told, ...(isOfRecipients ? { settled: [] } : {}) };
  }
  const hopeless = HOPELESS[code];
  if (hopeless !== undefined) return { kind: 'dead', error: hopeless };
  const cause = originalCode === undefined ? null : Object.assign(new Error(), { code: originalCode });
  return { kind: 'retry', error: cause ? toOutboundError(cause).failure : (AWAY[code] ?? 'not_sent') };
}
