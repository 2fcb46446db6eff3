/** Telegram by long polling, https://core.telegram.org/bots/api#getupdates: nothing has to reach this machine. */
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_SECONDS = 25;
const LONGEST_TEXT = 4_096;
const LONGEST_WAIT_MS = 30_000;
const ATTEMPTS = 5;

/** The token is part of the URL: no error may show that. */
async function call({ base, token, signal }, method, body) {
  const limit = AbortSignal.timeout((POLL_SECONDS + 10) * 1_000);
  const response = await fetch(`${base}/bot${token}/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, limit]),
    redirect: 'error',
  }).catch((error) => {
    throw new Error(`Telegram cannot be reached (${error.name})`);
  });
  const answer = await response.json().catch(() => ({}));
  if (answer.ok) return answer.result;
  const retryAfterMs = 1_000 * (answer.parameters?.retry_after ?? 0);
  const refusal = new Error(`Telegram answered ${response.status}: ${answer.description ?? 'no reason'}`);
  throw Object.assign(refusal, { status: response.status, retryAfterMs });
}

/** A text in pieces that Telegram takes, cut at line breaks where there are some. */
export function pieces(text) {
  const found = [];
  let rest = text;
  while (rest.length > LONGEST_TEXT) {
    const end = rest.lastIndexOf('\n', LONGEST_TEXT);
    const at = end > LONGEST_TEXT / 2 ? end : LONGEST_TEXT;
    found.push(rest.slice(0, at));
    rest = rest.slice(at).replace(/^\n/, '');
  }
  return rest === '' ? found : [...found, rest];
}

async function send(api, chatId, text) {
  for (const piece of pieces(text)) {
    for (let attempt = 1; ; attempt++) {
      try {
        await call(api, 'sendMessage', { chat_id: chatId, text: piece });
        break;
      } catch (error) {
        const isFinal = error.status < 500 && error.status !== 429;
        if (isFinal || attempt === ATTEMPTS) throw error;
        await sleep(Math.max(error.retryAfterMs ?? 0, 500 * 2 ** attempt), undefined, { signal: api.signal });
      }
    }
  }
}

/** Messages of the chats that were named; the others are told of in the log, with the id to name them by. */
function createTake({ api, chats, onMessage, log }) {
  return ({ message }) => {
    if (!message?.text) return;
    const id = String(message.chat.id);
    if (!chats.includes(id)) return log(`Telegram: chat ${id} is not one of TELEGRAM_GROUP_ID`);
    const reply = (text) => send({ ...api, signal: new AbortController().signal }, message.chat.id, text);
    onMessage({ chat: `telegram/${id}`, text: message.text, reply });
  };
}

/** Answers what ends it. */
export function startTelegram({ token, chats, base }, { onMessage, log }) {
  const end = new AbortController();
  const api = { base, token, signal: end.signal };
  const take = createTake({ api, chats, onMessage, log });
  let offset = 0;

  async function poll() {
    for (let failures = 0; !end.signal.aborted; ) {
      try {
        const body = { offset, timeout: POLL_SECONDS, allowed_updates: ['message'] };
        const updates = await call(api, 'getUpdates', body);
        if (failures > 0) log('Telegram: back');
        failures = 0;
        for (const update of updates) {
          offset = update.update_id + 1;
          take(update);
        }
      } catch (error) {
        if (end.signal.aborted) return;
        if (failures++ === 0) log(`Telegram: ${error.message}`);
        const waitMs = Math.max(error.retryAfterMs ?? 0, Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures));
        await sleep(waitMs, undefined, { signal: end.signal }).catch(() => undefined);
      }
    }
  }

  const polling = poll();
  log('Telegram: listening');
  return async () => {
    end.abort();
    await polling;
  };
}
