import { z } from 'zod';
import { getAgent } from '../../db/agents.js';
import { getTask } from '../../db/tasks.js';
import { OutboundError, type OutboundFailure } from '../../outbound/outbound-error.js';
import { InvalidInput } from '../../plugin/define-tool.js';
import { defineBuiltin } from '../builtin.js';
import { failureOf, RemoteToolError } from '../remote-tool.js';

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;
/** A reply is a payload. */
const LARGEST_REPLY_KB = 256;
/** Refusals that may end: the same message is sent again. */
const FOR_NOW = [408, 409, 425, 429];

/** What your code was called for and answered, or leads elsewhere: calling it again would do its work twice. */
const FOR_GOOD = new Set<OutboundFailure>([
  'redirected',
  'answer_too_large',
  'url_not_allowed',
  'address_not_allowed',
]);

function finalOf(error: unknown): unknown {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++)
    if (at instanceof OutboundError && FOR_GOOD.has(at.failure))
      return new InvalidInput(`the handler could not be called: ${at.failure}`);
  return failureOf(error);
}

/** User and password of a URL become a header, as a browser would send them. */
function addressOf(text: string): { url: URL; credentials: Record<string, string> } {
  const url = new URL(text);
  const { username, password } = url;
  if (username === '' && password === '') return { url, credentials: {} };
  Object.assign(url, { username: '', password: '' });
  const pair = [username, password].map(decodeURIComponent).join(':');
  return { url, credentials: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

/** What a 2xx answers: the reply where it is JSON, otherwise none. */
function replyIn(text: string, contentType: string | null): unknown {
  if (text === '' || !JSON_TYPE.test(contentType ?? '')) return null;
  if (Buffer.byteLength(text) > LARGEST_REPLY_KB * 1_024)
    throw new InvalidInput(`the handler answered more than ${LARGEST_REPLY_KB} KB`);
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidInput('the handler answered what it calls JSON and is not');
  }
}

/** Sends the message of a task to the URL of its agent's handler, signed as webhooks are; answers what that said. */
export const postMessage = defineBuiltin({
  name: 'post_message',
  version: '1.0',
  category: 'messages',
  description: "Sends the message to the URL of the agent's handler",
  // The same message has the same id and the same bytes each time.
  isRepeatable: true,
  schema: z.strictObject({}),
  async execute(_, context) {
    const { database, orgId, taskId, vault, sign, fetch, signal, now } = context;
    const task = await getTask(database.db, orgId, taskId);
    const agent = await getAgent(database.db, orgId, context.agent.id);
    const handler = agent?.handler;
    if (!task || !handler || !('url' in handler)) throw new InvalidInput('the agent has no webhook any more');
    const body = JSON.stringify(task.input);
    const own = Object.entries(handler.headers ?? {}).map(([name, value]) => [
      name.toLowerCase(),
      vault.open(value),
    ]);
    const id = `${String(task.input.id)}.${context.agent.id}`;
    try {
      const { url, credentials } = addressOf(vault.open(handler.url));
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          ...credentials,
          ...Object.fromEntries(own),
          ...(await sign({ orgId, id, at: new Date(now()), body })),
        },
        body,
        signal,
      });
      const text = await response.text();
      if (response.ok) return replyIn(text, response.headers.get('content-type'));
      const { status } = response;
      const message = `the handler answered ${status}`;
      if (status >= 500 || FOR_NOW.includes(status)) throw new RemoteToolError(message);
      throw new InvalidInput(message);
    } catch (error) {
      throw finalOf(error);
    }
  },
});
