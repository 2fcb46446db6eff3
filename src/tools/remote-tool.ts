import type { GuardedFetch } from '../outbound/guarded-fetch.js';
import { OutboundError } from '../outbound/outbound-error.js';

/** What a call of a tool needs whose code is elsewhere. */
export interface RemoteCall {
  fetch: GuardedFetch;
  /** Sent along as `Idempotency-Key`. */
  callId: string;
  /** Aborted when nobody waits for the answer any more. */
  signal: AbortSignal;
}

/** A tool elsewhere did not do what it was asked; the message may be shown to the model. */
export class RemoteToolError extends Error {
  override readonly name = 'RemoteToolError';
}

/** What is told of a connection that did not come to an answer, wherever a library has put the reason. */
export function failureOf(error: unknown): unknown {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++)
    if (at instanceof OutboundError) return new RemoteToolError(`could not be called: ${at.failure}`);
  return error;
}
