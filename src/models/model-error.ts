import { APICallError } from 'ai';
import { OutboundError, type OutboundFailure } from '../outbound/outbound-error.js';

/**
 * Why a model did not answer: `rate_limit` and `outage` pass, `refused` (a wrong key, an unknown model, a filter) does
 * not, `invalid_output` was paid for and is not what was asked for.
 */
export type ModelErrorKind = 'rate_limit' | 'outage' | 'refused' | 'cancelled' | 'invalid_output';

export interface ModelErrorDetails {
  /** How long the provider wants to be left alone. */
  retryAfterMs?: number | undefined;
  /** What was used all the same. */
  usage?: { input: number; output: number } | undefined;
  /** It was given up: nobody knows how far it was. */
  isTimeout?: boolean | undefined;
}

export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly retryAfterMs: number | undefined;
  readonly usage: { input: number; output: number } | undefined;
  readonly isTimeout: boolean;
  constructor(
    readonly kind: ModelErrorKind,
    message: string,
    { retryAfterMs, usage, isTimeout = false }: ModelErrorDetails = {},
  ) {
    super(message);
    this.retryAfterMs = retryAfterMs;
    this.usage = usage;
    this.isTimeout = isTimeout;
  }

  /** The same, of which is known what it used. */
  having(usage: { input: number; output: number }): ModelError {
    const { kind, message, retryAfterMs, isTimeout } = this;
    return new ModelError(kind, message, { retryAfterMs, isTimeout, usage });
  }
}

const LONGEST_MESSAGE = 500;
const TOO_MANY = 429;
/** A request that came too late, or met another one: it may be made again. */
const PASSING = [408, 409, 425];
/** What the guard decides it decides again. */
const FORBIDDEN = new Set<OutboundFailure>(['url_not_allowed', 'address_not_allowed', 'redirected']);
const QUOTA = /quota|rate.?limit|too many requests|resource.?exhausted|insufficient.?balance/i;

/** From the headers of an answer: seconds, a date, or (as OpenAI and Azure say it) milliseconds. */
export function retryAfterOf(headers: Record<string, string> | undefined, now: number): number | undefined {
  const millis = Number(headers?.['retry-after-ms'] ?? Number.NaN);
  if (Number.isFinite(millis)) return Math.max(0, millis);
  const given = headers?.['retry-after'];
  if (given === undefined || given.trim() === '') return undefined;
  const seconds = Number(given);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const moment = Date.parse(given);
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - now);
}

function kindOfStatus(status: number | undefined, message: string): ModelErrorKind {
  if (status === TOO_MANY || status === 402) return 'rate_limit';
  // OpenAI and Google say so of a spent quota, whatever the status.
  if (QUOTA.test(message)) return 'rate_limit';
  if (status === undefined || status < 400 || status >= 500 || PASSING.includes(status)) return 'outage';
  return 'refused';
}

/** An error inside an answer that began well, as providers send it: `{error: {code, type, message}}`. */
function inBand(error: unknown): { message: string; status: number | undefined } {
  if (error instanceof Error) return { message: error.message, status: undefined };
  if (typeof error === 'string') return { message: error, status: undefined };
  const { message, type, code, error: inner } = fieldsOf(error);
  if (inner !== undefined) return inBand(inner);
  const words = [type, code, message].filter((one) => typeof one === 'string').join(': ');
  return { message: words || 'an error without words', status: typeof code === 'number' ? code : undefined };
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

export interface Circumstances {
  /** Of the task: it does not want the answer any more. */
  signal: AbortSignal;
  /** Of this one answer. */
  timeout: AbortSignal;
  timeoutMs: number;
  /** Never to be repeated, whatever a server echoes. */
  apiKey: string | null;
  now: number;
}

/** What anything that was thrown while a model was asked means. */
export function toModelError(error: unknown, circumstances: Circumstances): ModelError {
  const { signal, timeout, timeoutMs, apiKey, now } = circumstances;
  if (signal.aborted) return new ModelError('cancelled', 'was cancelled');
  if (timeout.aborted)
    return new ModelError('outage', `did not answer within ${timeoutMs / 1_000} s`, { isTimeout: true });
  const own = causesOf(error).find((cause) => cause instanceof ModelError);
  if (own) return own;
  const outward = causesOf(error).find((cause) => cause instanceof OutboundError);
  if (outward) return new ModelError(FORBIDDEN.has(outward.failure) ? 'refused' : 'outage', outward.failure);
  const told = APICallError.isInstance(error)
    ? {
        message: hasFailed(error) ? `${error.statusCode} ${error.message}` : withCause(error),
        status: error.statusCode,
      }
    : inBand(error);
  const message = NO_STREAM.test(told.message) ? `${told.message} ${STREAM_HINT}` : told.message;
  const words = apiKey === null ? message : message.replaceAll(apiKey, '***');
  const headers = APICallError.isInstance(error) ? error.responseHeaders : undefined;
  return new ModelError(kindOfStatus(told.status, words), words.slice(0, LONGEST_MESSAGE), {
    retryAfterMs: retryAfterOf(headers, now),
  });
}

const NO_STREAM = /stream ended without a finish/i;
const STREAM_HINT = '(is it a stream of events? LLM_STREAM=off asks LLM_ENDPOINT for none)';

const DEEPEST_CAUSE = 5;
function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let at = error; at instanceof Error && causes.length < DEEPEST_CAUSE; at = at.cause) causes.push(at);
  return causes;
}

const hasFailed = ({ statusCode }: APICallError): boolean => statusCode !== undefined && statusCode >= 400;

/** `fetch failed` says nothing without what made it fail. */
const withCause = (error: Error): string =>
  error.cause instanceof Error && !error.message.includes(error.cause.message)
    ? `${error.message}: ${error.cause.message}`
    : error.message;
