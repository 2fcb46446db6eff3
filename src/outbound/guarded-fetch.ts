import { types } from 'node:util';
import {
  Agent,
  type RequestInit as UndiciRequestInit,
  type Response as UndiciResponse,
  fetch as undiciFetch,
} from 'undici';
import { type GuardOptions, readAllowList } from './guard.js';
import { guardedConnector, type Resolve } from './guarded-connector.js';
import { OutboundError, toOutboundError } from './outbound-error.js';

export interface GuardedFetchOptions extends GuardOptions {
  /** For a whole request, from the call to the end of the answer's body. */
  timeoutMs: number;
  /** So much of an answer is read, unpacked; what goes on longer fails. */
  mostBytes: number;
  resolve?: Resolve;
}

/** `fetch` for libraries that speak to hosts which callers name. */
export type GuardedFetch = typeof fetch & { close(): Promise<void> };

/** Statuses whose answers have no body: `Response` refuses one. */
const WITHOUT_BODY = [204, 205];
/** They tell of the bytes on the wire: what is handed on is unpacked. */
const OF_THE_WIRE = ['content-encoding', 'content-length', 'transfer-encoding'];

/**
 * `fetch` that keeps to the guard as {@link Outbound} does: no address that is not allowed, no redirect, no proxy, no
 * credentials in the URL, within one time limit and size. Rejects, and breaks off a body, with an
 * {@link OutboundError}; with the signal's own reason where the caller aborted.
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const { timeoutMs, mostBytes, resolve, ...guard } = options;
  readAllowList(guard.allow);
  const dispatcher = new Agent({
    // One limit for all of it, kept by the deadline.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: guardedConnector(guard, { timeoutMs, resolve }),
  });

  async function guardedFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const asked = input instanceof Request ? { ...(await partsOf(input)), ...init } : init;
    const deadline = startDeadline(timeoutMs, asked.signal);
    try {
      const url = allowedUrl(input instanceof Request ? input.url : input);
      // The platform's types and undici's describe the same, each with classes of its own.
      const request = {
        ...asked,
        redirect: 'manual',
        signal: deadline.signal,
        dispatcher,
      } as UndiciRequestInit;
      const response = await undiciFetch(url, request);
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel();
        throw new OutboundError('redirected');
      }
      return handedOn(response, { deadline, mostBytes });
    } catch (error) {
      deadline.end();
      throw deadline.reasonOf(error);
    }
  }
  return Object.assign(guardedFetch, { close: () => dispatcher.destroy() });
}

function allowedUrl(given: string | URL): URL {
  const url = URL.canParse(String(given)) ? new URL(given) : null;
  const isAllowed = url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isAllowed) throw new OutboundError('url_not_allowed');
  return url;
}

async function partsOf(request: Request): Promise<RequestInit> {
  const { method, headers, signal } = request;
  return {
    method,
    headers: [...headers],
    signal,
    ...(request.body ? { body: await request.arrayBuffer() } : {}),
  };
}

interface Deadline {
  signal: AbortSignal;
  /** What an error means: the caller's abort, the end of the time, or what broke. */
  reasonOf(error: unknown): unknown;
  end(): void;
}

function startDeadline(timeoutMs: number, given: AbortSignal | null | undefined): Deadline {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new OutboundError('timeout')), timeoutMs);
  // An answer that nobody reads keeps no process alive.
  timer.unref();
  return {
    signal: given ? AbortSignal.any([given, late.signal]) : late.signal,
    reasonOf(error) {
      if (given?.aborted) return given.reason;
      if (late.signal.aborted) return late.signal.reason;
      if (!types.isNativeError(error)) return new OutboundError('connection_failed');
      // What broke the connection is the cause of a `TypeError: fetch failed`.
      return toOutboundError(types.isNativeError(error.cause) ? error.cause : error);
    },
    end: () => clearTimeout(timer),
  };
}

/** The answer as the platform's own `Response`, which libraries look for. */
function handedOn(
  response: UndiciResponse,
  { deadline, mostBytes }: { deadline: Deadline; mostBytes: number },
): Response {
  const { status, statusText, body } = response;
  const headers = [...response.headers].filter(([name]) => !OF_THE_WIRE.includes(name));
  if (body === null || WITHOUT_BODY.includes(status)) {
    deadline.end();
    return new Response(null, { status, statusText, headers });
  }
  return new Response(capped(body.getReader(), { deadline, mostBytes }), { status, statusText, headers });
}

function capped(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { deadline, mostBytes }: { deadline: Deadline; mostBytes: number },
): ReadableStream<Uint8Array> {
  let bytes = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          deadline.end();
          return controller.close();
        }
        bytes += value.length;
        if (bytes > mostBytes) throw new OutboundError('answer_too_large');
        controller.enqueue(value);
      } catch (error) {
        deadline.end();
        controller.error(deadline.reasonOf(error));
        await reader.cancel().catch(() => undefined);
      }
    },
    async cancel(reason) {
      deadline.end();
      await reader.cancel(reason);
    },
  });
}
