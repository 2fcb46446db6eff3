import { z } from 'zod';
import type { FieldError } from '../../schemas/field-errors.js';
import type { AttemptResult } from './channel.js';

type Failure = Extract<AttemptResult, { kind: 'retry' | 'dead' }>;

/**
 * A request that was accepted when its timer was created, with its secrets in the open; or what becomes of the delivery
 * that carries it. `tell` hears why secrets could not be read: a key that is missing may be given back.
 */
export function readStored<R>(
  read: () => z.ZodSafeParseResult<R>,
  tell: (error: unknown) => void,
): { kind: 'ready'; request: R } | Failure {
  try {
    const { success, data, error } = read();
    return success ? { kind: 'ready', request: data } : { kind: 'dead', error: z.prettifyError(error) };
  } catch (error) {
    tell(error);
    return { kind: 'retry', error: 'secrets_unreadable' };
  }
}

/** Of a request that cannot be met, however often it is tried. */
export const deadOf = (errors: readonly FieldError[]): Failure => ({
  kind: 'dead',
  error: errors.map(({ path, message }) => `${path} ${message}`).join('; '),
});
