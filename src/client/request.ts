import { readAnswer } from './answer.js';
import { MainspringError } from './error.js';
import type { Settings } from './options.js';

/** What a caller may add to any call. */
export interface CallOptions {
  /** Ends the call, waits between attempts included. */
  signal?: AbortSignal;
}

/** What a caller may add to a call that creates. */
export interface CreateOptions extends CallOptions {
  /** Makes a repeat of the same call, even by another process, answer what the first one created. */
  idempotencyKey?: string;
}

export interface Call extends CallOptions {
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  idempotencyKey?: string;
  /** Of a change: the `etag` of what it is made on; 412 when something else stands there meanwhile. */
  ifMatch?: string | undefined;
  /** How long the server may hold the answer, in ms, on top of the usual limit. */
  waitMs?: number;
  /** Another limit for one attempt than the usual one, in ms. */
  timeoutMs?: number;
  /** In place of the credential of the settings. */
  token?: string;
  /** A second call would do a second thing: sent again only when the server says that it did not take the first. */
  once?: boolean;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Sends one call and answers the parsed body. Throws a {@link MainspringError}, or the reason of an aborted signal. */
export type Request = <Answer>(method: Method, path: string, call?: Call) => Promise<Answer>;

/** The same, with the answer's `ETag` beside its body. */
export type Exchange = <Answer>(method: Method, path: string, call?: Call) => Promise<Exchanged<Answer>>;
export interface Exchanged<Answer> {
  body: Answer;
  etag: string | undefined;
}

const FIRST_WAIT_MS = 250;
/** Longer than a minute's rate limit nobody is kept waiting: the error says how long it would be. */
const LONGEST_WAIT_MS = 60_000;

/** Not taken by the server, whatever the call was. */
const isRefused = ({ status }: MainspringError) => status === 429 || status === 503;
/** No answer, or the first attempt is still at work: a repeat is right where it does the same thing again. */
const isUnclear = ({ code }: MainspringError) => code === 'unreachable' || code === 'idempotency_in_flight';

/** How long to wait before the next attempt, in ms; null to give up. */
export function nextWait(
  failure: MainspringError,
  attempt: number,
  call: Call,
  retries: number,
): number | null {
  const isWorthIt = isRefused(failure) || (isUnclear(failure) && !call.once);
  if (!isWorthIt || attempt > retries) return null;
  const backoff = FIRST_WAIT_MS * 2 ** (attempt - 1) * (0.8 + Math.random() * 0.4);
  const wait = Math.max(backoff, failure.retryAfterMs ?? 0);
  return wait > LONGEST_WAIT_MS ? null : wait;
}

/** Waits; throws the reason of a signal that is aborted meanwhile. */
export function rest(millis: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, millis);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** The URL of a call. */
export function addressOf(settings: Settings, path: string, query: Call['query'] = {}): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) given.append(name, String(value));
  }
  return `${settings.baseUrl}${path}${given.size > 0 ? `?${given}` : ''}`;
}

function credentialOf({ apiKey, token }: Settings, call: Call): Record<string, string> {
  if (call.token !== undefined) return { authorization: `Bearer ${call.token}` };
  if (apiKey !== undefined) return { 'x-api-key': apiKey };
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

export function headersOf(settings: Settings, call: Call): Record<string, string> {
  return {
    accept: 'application/json',
    ...credentialOf(settings, call),
    ...(call.ifMatch !== undefined && { 'if-match': call.ifMatch }),
    ...(call.body !== undefined && { 'content-type': 'application/json' }),
    ...(call.idempotencyKey !== undefined && { 'idempotency-key': call.idempotencyKey }),
  };
}

export function createRequest(settings: Settings): Request {
  const exchange = createExchange(settings);
  return async (...call) => (await exchange<never>(...call)).body;
}

export function createExchange(settings: Settings): Exchange {
  async function attempt(url: string, init: RequestInit, call: Call): Promise<Exchanged<unknown>> {
    const limit = AbortSignal.timeout((call.timeoutMs ?? settings.timeoutMs) + (call.waitMs ?? 0));
    const signal = call.signal ? AbortSignal.any([call.signal, limit]) : limit;
    try {
      const response = await settings.fetch(url, { ...init, signal });
      return { body: await readAnswer(response), etag: response.headers.get('etag') ?? undefined };
    } catch (cause) {
      if (cause instanceof MainspringError) throw cause;
      if (call.signal?.aborted) throw call.signal.reason;
      const detail = `no answer from ${settings.baseUrl}: ${cause instanceof Error ? cause.message : cause}`;
      throw new MainspringError({ code: 'unreachable', status: 0, detail }, { cause });
    }
  }

  return async <Answer>(method: string, path: string, call: Call = {}): Promise<Exchanged<Answer>> => {
    const url = addressOf(settings, path, call.query);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    // A redirect would carry the key to wherever it points.
    const init: RequestInit = { method, headers: headersOf(settings, call), redirect: 'error' };
    if (body !== undefined) init.body = body;
    for (let number = 1; ; number++) {
      call.signal?.throwIfAborted();
      try {
        return (await attempt(url, init, call)) as Exchanged<Answer>;
      } catch (failure) {
        const wait =
          failure instanceof MainspringError ? nextWait(failure, number, call, settings.retries) : null;
        if (wait === null) throw failure;
        await rest(wait, call.signal);
      }
    }
  };
}
