import { openReceiver, type Receiver } from '../receiver.js';
import type { Canaries } from './canaries.js';

/** Names of query parameters whose value lets its holder in. */
const PARAMETERS =
  'sig signature token access_token auth key api_key secret password code X-Amz-Signature client_secret'.split(
    ' ',
  );

/** Actions with secrets in them, and who receives them. */
export interface SecretWebhooks {
  /** A webhook with a secret in every header and parameter. `path` says how it is answered. */
  webhook(place: string, path: string): { type: string; url: string; headers: Record<string, string> };
  /** One with credentials in its URL: they and a header of one's own exclude each other. */
  credentialed(place: string, path: string): { type: string; url: string };
  /** A bot's message, and a card through a Teams workflow, whose address is a secret as a whole. */
  telegram(place: string): { telegram_bot_token: string; telegram_chat_id: number };
  teams(place: string, path: string): { teams_webhook_url: string };
  /** Where the Bot API is: it echoes the token, as part of an answer that is no success. */
  telegramUrl: string;
  /** Everything that arrived. */
  received(): string;
  close(): Promise<void>;
}

/**
 * `/…ok` is answered `ok`, `/…echo` with all that was sent, `/…fails` with that and status 500. Each path has a
 * receiver of its own, so that one that fails does not hold up another.
 */
export async function openWebhooks({ plant }: Canaries): Promise<SecretWebhooks> {
  const receivers = new Map<string, Receiver>();
  for (const path of [
    'ok',
    'echo',
    'fails',
    'telegram',
    'events-ok',
    'events-echo',
    'events-fails',
    'open-fails',
  ]) {
    const opened = await openReceiver(({ url, headers }, response) => {
      response.statusCode = path.endsWith('fails') ? 500 : path === 'telegram' ? 403 : 200;
      // The address first: only the first KB is kept.
      response.end(path.endsWith('ok') ? 'ok' : JSON.stringify({ url, ...headers }));
    });
    receivers.set(path, opened);
  }
  const urlOf = (path: string) => `${receivers.get(path)?.url}/${path}?plain=1`;
  return {
    webhook(place, path) {
      const parameters = PARAMETERS.map((name) => `&${name}=${plant(`${place}, ?${name}=`)}`);
      const headers = {
        authorization: `Bearer ${plant(`${place}, authorization`)}`,
        'X-Own-Key': plant(`${place}, x-own-key`),
      };
      return { type: 'webhook', url: urlOf(path) + parameters.join(''), headers };
    },
    credentialed(place, path) {
      const credentials = `${plant(`${place}, user`)}:${plant(`${place}, password`)}`;
      return { type: 'webhook', url: urlOf(path).replace('//', `//${credentials}@`) };
    },
    telegram: (place) => ({
      telegram_bot_token: `123456:${plant(`${place}, token`)}`,
      telegram_chat_id: 7,
    }),
    teams: (place, path) => ({
      teams_webhook_url: `${urlOf(path).split('?')[0]}/${plant(`${place}, path`)}?sig=${plant(`${place}, sig`)}`,
    }),
    telegramUrl: receivers.get('telegram')?.url ?? '',
    received: () =>
      [...receivers.values()]
        .flatMap(({ received }) => received.map(({ path, headers }) => `${path} ${JSON.stringify(headers)}`))
        .join('\n'),
    async close() {
      await Promise.all([...receivers.values()].map((receiver) => receiver.close()));
    },
  };
}
