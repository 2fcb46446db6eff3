import { readRetryAfter } from '../../domain/retry.js';
import type { Answer } from '../../outbound/exchange.js';
import { OutboundError, type OutboundFailure } from '../../outbound/outbound-error.js';
import type { AttemptResult } from './channel.js';

/** Client errors that another attempt may not meet: Request Timeout, Too Early, Too Many Requests. */
const RETRYABLE = new Set([408, 425, 429]);
/** Only these say when to come again. */
const OBEYED = new Set([429, 503]);
const HOPELESS = new Set<OutboundFailure>(['url_not_allowed', 'address_not_allowed']);

/** No connection was free in time: that says nothing of the receiver, and uses up nothing. */
const OWN_CONGESTION: OutboundFailure = 'receiver_busy';

/** What it means that no answer came. An error that is none of the way out is our own: it is reported. */
export function resultOfError(error: unknown, report: () => void): AttemptResult {
  if (error instanceof OutboundError) return resultOfFailure(error.failure);
  report();
  return { kind: 'retry', error: 'not_sent' };
}

function resultOfFailure(error: OutboundFailure): AttemptResult {
  if (error === OWN_CONGESTION) return { kind: 'unsent', error };
  return { kind: HOPELESS.has(error) ? 'dead' : 'retry', error };
}

/** What a status means. */
export function resultOfAnswer({ statusCode, headers, answer }: Answer, now: number): AttemptResult {
  if (statusCode < 300) return { kind: 'delivered', statusCode, answer };
  if (statusCode < 400) return { kind: 'dead', error: 'redirect_not_followed', statusCode, answer };
  const error = `status_${statusCode}`;
  if (statusCode < 500 && !RETRYABLE.has(statusCode)) return { kind: 'dead', error, statusCode, answer };
  const retryAfterMs = OBEYED.has(statusCode) ? readRetryAfter(headers.retryAfter, now) : undefined;
  return {
    kind: 'retry',
    error,
    statusCode,
    answer,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
