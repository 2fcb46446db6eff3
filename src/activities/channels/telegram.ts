import { z } from 'zod';
import type { Message } from '../../domain/message.js';
import { telegramText } from '../../domain/telegram-text.js';
import type { Log } from '../../log.js';
import type { Answer } from '../../outbound/exchange.js';
import type { Outbound } from '../../outbound/outbound.js';
import type { Vault } from '../../secrets/vault.js';
import type { AttemptResult, Channel, OutgoingDelivery } from './channel.js';
import { resultOfAnswer, resultOfError } from './http-result.js';
import { reporting } from './reporting.js';
import { withoutSecrets } from './without-secrets.js';

export interface TelegramOptions {
  /** One that may reach `baseUrl`, wherever the operator has it. */
  outbound: Outbound;
  vault: Vault;
  log: Log;
  /** Of the Bot API. */
  baseUrl: string;
}

/** What the Bot API answers, as far as it matters. */
const Told = z.object({
  ok: z.boolean(),
  error_code: z.int().min(300).max(599).optional(),
  description: z.string().optional(),
  parameters: z.object({ retry_after: z.number().positive().optional() }).optional(),
});
type Told = z.infer<typeof Told>;

/** Sends a bot's message to a chat. A message whose answer was lost may be sent twice: the Bot API knows no ids. */
export const createTelegramChannel = (options: TelegramOptions): Channel =>
  reporting(options.log, 'Telegram message failed', (delivery) => attempt(options, delivery));

async function attempt(
  { outbound, vault, log, baseUrl }: TelegramOptions,
  { orgId, id, request, body }: OutgoingDelivery,
): Promise<AttemptResult> {
  let token: string;
  try {
    token = vault.open(request.botToken ?? '');
  } catch (error) {
    log.error({ org: orgId, delivery: id, error }, 'The token of a bot could not be read');
    return { kind: 'retry', error: 'secrets_unreadable' };
  }
  const message: Message = JSON.parse(body);
  try {
    const answer = await outbound.request({
      url: `${baseUrl}/bot${token}/sendMessage`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        chat_id: request.chatId,
        text: telegramText(message),
        parse_mode: 'HTML',
        // Else Telegram would fetch whatever addresses a model writes.
        link_preview_options: { is_disabled: true },
      }),
    });
    const [, secret = ''] = token.split(':');
    const kept = withoutSecrets(answer.answer, { url: baseUrl, headers: {}, secrets: [token, secret] });
    return resultOf({ ...answer, answer: kept });
  } catch (error) {
    return resultOfError(error, () =>
      log.error({ org: orgId, delivery: id, error }, 'A Telegram message could not be sent'),
    );
  }
}

/** Null where it is something else, or longer than what is kept of it. */
function toldBy(answer: string): Told | null {
  try {
    return Told.safeParse(JSON.parse(answer)).data ?? null;
  } catch {
    return null;
  }
}

/** The whole message comes back: only its beginning is looked at. */
const SUCCESS = /^\s*\{\s*"ok"\s*:\s*true\b(?:.*?"message_id"\s*:\s*(\d+))?/s;

function resultOf(answer: Answer): AttemptResult {
  const told = toldBy(answer.answer);
  const result = resultOfAnswer({ ...answer, statusCode: told?.error_code ?? answer.statusCode }, 0);
  if (result.kind === 'delivered') {
    const [sent, number] = SUCCESS.exec(answer.answer) ?? [];
    if (sent === undefined) return { ...result, kind: 'retry', error: 'answer_unreadable' };
    return { ...result, answer: number === undefined ? 'sent' : `message ${number}` };
  }
  if (result.kind === 'unsent') return result;
  const error = told?.description ?? result.error;
  const seconds = told?.parameters?.retry_after;
  if (result.kind === 'dead' || seconds === undefined) return { ...result, error };
  return { ...result, error, retryAfterMs: seconds * 1_000 };
}
