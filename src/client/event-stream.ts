import { readAnswer } from './answer.js';
import { MainspringError } from './error.js';
import type { Settings } from './options.js';
import { addressOf, type CallOptions, headersOf, nextWait, rest } from './request.js';

/** One message of a stream, as server-sent events have it. */
export interface StreamMessage {
  /** Of what can be gone on after; what is only passing has none. */
  id: string | undefined;
  event: string;
  data: unknown;
}

/**
 * Reads a stream up to the last message there can be; after a break, or when the server stops, it goes on where it
 * was. Throws a {@link MainspringError}.
 */
export type OpenStream = (
  path: string,
  isLast: (message: StreamMessage) => boolean,
  options?: StreamOptions,
) => AsyncIterable<StreamMessage>;

export interface StreamOptions extends CallOptions {
  /** The id of a message: the stream goes on after it. */
  lastId?: string | undefined;
}

function parse(block: string): StreamMessage | null {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ''));
  }
  const data = fields.get('data');
  if (data === undefined) return null;
  return { id: fields.get('id'), event: fields.get('event') ?? 'message', data: JSON.parse(data) };
}

async function* messagesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamMessage> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const message = parse(block);
        if (message) yield message;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

export function createStreams(settings: Settings): OpenStream {
  async function connect(path: string, lastId: string | undefined, signal: AbortSignal | undefined) {
    const headers = { ...headersOf(settings, {}), accept: 'text/event-stream' };
    const response = await settings.fetch(addressOf(settings, path), {
      headers: lastId === undefined ? headers : { ...headers, 'last-event-id': lastId },
      redirect: 'error',
      ...(signal ? { signal } : {}),
    });
    if (!response.ok) await readAnswer(response);
    return response.status === 204 ? null : response.body;
  }

  function failureOf(cause: unknown, signal: AbortSignal | undefined): MainspringError {
    if (cause instanceof MainspringError) return cause;
    if (signal?.aborted) throw signal.reason;
    const detail = `no answer from ${settings.baseUrl}: ${cause instanceof Error ? cause.message : cause}`;
    return new MainspringError({ code: 'unreachable', status: 0, detail }, { cause });
  }

  return async function* open(path, isLast, { signal, lastId: begin } = {}) {
    let lastId = begin;
    for (let attempt = 1; ; attempt++) {
      try {
        const body = await connect(path, lastId, signal);
        let wasQuiet = true;
        for await (const message of body ? messagesOf(body) : []) {
          wasQuiet = false;
          attempt = 0;
          lastId = message.id ?? lastId;
          yield message;
          if (isLast(message)) return;
        }
        // There is nothing more to come, or the server has forgotten what there was.
        if (wasQuiet) return;
      } catch (cause) {
        const failure = failureOf(cause, signal);
        const wait = nextWait(failure, Math.max(1, attempt), {}, settings.retries);
        if (wait === null) throw failure;
        await rest(wait, signal);
      }
    }
  };
}
