import type { NewDue } from '../../client/index.js';
import { UsageError } from '../failure.js';

export interface Due {
  in?: string;
  at?: string;
}

/** Throws a {@link UsageError} where not exactly one of the two is given. */
export function dueOf({ in: duration, at }: Due): NewDue {
  if (duration !== undefined && at === undefined) return { duration };
  if (at !== undefined && duration === undefined) return { fireAt: at };
  throw new UsageError('Exactly one of --in and --at is needed: --in 15m, --at 2030-01-31T09:00:00Z.');
}
