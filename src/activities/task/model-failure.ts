import { ApplicationFailure, Context } from '@temporalio/activity';
import type { ModelError } from '../../models/model-error.js';
import type { Candidate } from '../../models/models.js';
import type { ErrorCategory } from '../../schemas/task.js';

/** A model that was asked in vain. */
export interface Refusal {
  candidate: Candidate;
  error: ModelError;
}

/** A call that cannot be made, whoever tries again. */
export class FinalError extends Error {
  override readonly name = 'FinalError';
  constructor(
    readonly category: ErrorCategory,
    message: string,
  ) {
    super(message);
  }
}

const LONGEST_PAUSE_MS = 60_000;
const MOST_TOLD = 5;

/** What an attempt came to in which no model answered. */
export interface ModelFailure {
  category: ErrorCategory;
  message: string;
  isFinal: boolean;
  /** Until a model can be asked again, as they say. */
  pauseMs: number | undefined;
}

/** Providers that are over their quota, or down, can be asked again; those that refused cannot. */
export function failureOf(refusals: readonly Refusal[]): ModelFailure {
  const kinds = new Set(refusals.map(({ error }) => error.kind));
  const words = refusals
    .slice(0, MOST_TOLD)
    .map(({ candidate: { provider, model }, error }) => `${provider} ${model}: ${error.message}`);
  const pauses = refusals.map(({ error }) => error.retryAfterMs).filter((pause) => pause !== undefined);
  return {
    category: categoryOf(kinds),
    message: words.join('; '),
    isFinal: !kinds.has('rate_limit') && !kinds.has('outage') && !kinds.has('invalid_output'),
    pauseMs: pauses.length > 0 ? Math.min(LONGEST_PAUSE_MS, ...pauses) : undefined,
  };
}

function categoryOf(kinds: ReadonlySet<ModelError['kind']>): ErrorCategory {
  if (kinds.has('invalid_output')) return 'invalid_output';
  return kinds.has('rate_limit') && !kinds.has('outage') ? 'rate_limit' : 'model';
}

/** Whether the engine makes no further attempt after this one. */
export function isLastAttempt(): boolean {
  const { attempt, retryPolicy } = Context.current().info;
  const most = retryPolicy?.maximumAttempts ?? 0;
  return most > 0 && attempt >= most;
}

export const toApplicationFailure = ({ category, message, isFinal, pauseMs }: ModelFailure) =>
  ApplicationFailure.create({
    ...{ message, type: category, nonRetryable: isFinal },
    ...(pauseMs === undefined ? {} : { nextRetryDelay: pauseMs }),
  });
