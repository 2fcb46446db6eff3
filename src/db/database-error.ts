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
 * full, too many connections), shutting down or starting. 57014 is a statement that was cancelled.
 */
const AWAY = /^(?:08|53|57P|58)/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && SQLSTATE.test(code) ? code : undefined;
}

/** What a driver threw, as it is handed on: an error of the statement unchanged, all else as `unavailable`. */
export function explainFailure(error: unknown): unknown {
  if (error instanceof DatabaseError) return error;
  const state = sqlState(error);
  if (state !== undefined && !AWAY.test(state)) return error;
  const reason = error instanceof Error ? error.message || error.name : String(error);
  return new DatabaseError('unavailable', `the database cannot be reached: ${reason}`, { cause: error });
}
