import { isGrpcServiceError } from '@temporalio/client';
import { isUnavailable } from '../db/database-error.js';

/** gRPC: cancelled, deadline exceeded, resource exhausted, unavailable. */
const GRPC_AWAY = new Set([1, 4, 8, 14]);
/** Of the native connection and of calls cut off by a deadline of ours. */
const ENGINE_ERRORS = new Set([
  'TransportError',
  'GrpcTimeoutError',
  'GrpcCancelledError',
  'DeadlineExceededError',
]);
const DEEPEST_CAUSE = 5;

function isEngineAway(error: Error): boolean {
  return ENGINE_ERRORS.has(error.name) || (isGrpcServiceError(error) && GRPC_AWAY.has(error.code));
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
