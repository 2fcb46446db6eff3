import { isGrpcServiceError } from '@temporalio/client';
import { isUnavailable } from '../db/database-error.js';

/** gRPC: cancelled, deadline exceeded, resource exhausted, unavailable. */
const GRPC_AWAY = new Set([1, 4, 8, 14]);
/** How the native client tells, as an unknown error, of a connection that broke. */
const BROKEN_CONNECTION = /transport error|connection (?:error|reset|refused)/i;
/** Of the native connection and of calls cut off by a deadline of ours. */
const ENGINE_ERRORS = new Set([
  'TransportError',
  'GrpcTimeoutError',
  'GrpcCancelledError',
  'DeadlineExceededError',
]);
const DEEPEST_CAUSE = 5;

function isEngineAway(error: Error): boolean {
  if (ENGINE_ERRORS.has(error.name)) return true;
  return isGrpcServiceError(error) && (GRPC_AWAY.has(error.code) || BROKEN_CONNECTION.test(error.details));
}

/** Whether an error says that the database or the engine cannot be reached now, wherever in its causes. */
export function whatIsAway(thrown: unknown): 'database' | 'engine' | null {
  let error = thrown;
  for (let depth = 0; depth < DEEPEST_CAUSE && error instanceof Error; depth++) {
    if (isUnavailable(error)) return 'database';
    if (isEngineAway(error)) return 'engine';
    error = error.cause;
  }
  return null;
}
