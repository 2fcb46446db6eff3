import { isNativeError } from 'node:util/types';

/** `in_use`: another process owns the folder. `unavailable`: nothing answers, try again later. */
export type DatabaseFailure =
  | 'in_use'
  | 'not_a_database'
  | 'unavailable'
  | 'version'
  | 'migration'
  | 'misuse';

/** Why the database cannot be used, in one sentence that may be shown to whoever runs the program. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';

  constructor(
    readonly failure: DatabaseFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Whether a statement failed because the database is away, so that it may work when tried again later. */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof DatabaseError && error.failure === 'unavailable';

/**
 * SQLSTATE classes that tell of the server and not of the statement: connection lost, resources exhausted (disk
 * full, too many connections), shutting down or starting, broken files.
 */
const AWAY = /^(?:08|53|57P|58)/;
const SQLSTATE = /^[0-9A-Z]{5}$/;
/** Our own mistakes, which no later try mends. */
const MISTAKES = new Set(['TypeError', 'RangeError', 'SyntaxError']);

/** The message of whatever was thrown; of several addresses that were tried in vain, the first one's. */
export function reasonOf(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  if (error.message === '' && 'errors' in error && Array.isArray(error.errors))
    return reasonOf(error.errors[0]);
  return error.message || error.name;
}

function isOfStatement(error: unknown): boolean {
  if (!isNativeError(error)) return false;
  if (MISTAKES.has(error.name)) return true;
  return (
    'code' in error && typeof error.code === 'string' && SQLSTATE.test(error.code) && !AWAY.test(error.code)
  );
}

/** What a driver threw, as it is handed on: an error of the statement unchanged, all else as `unavailable`. */
export function explainFailure(error: unknown): unknown {
  if (error instanceof DatabaseError || isOfStatement(error)) return error;
  return new DatabaseError('unavailable', `the database cannot be reached: ${reasonOf(error)}`, {
    cause: error,
  });
}

/** Whether a statement failed because something that must be unique is there already. */
export const isDuplicate = (error: unknown): boolean =>
  isNativeError(error) && 'code' in error && error.code === '23505';
