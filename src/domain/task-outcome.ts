import type { TaskOutcome } from '../messages/task.js';
import type { ErrorCategory } from '../schemas/task.js';

/** What the error of a call tells, wherever in its causes the activity's own failure stands. */
interface Failure {
  name?: string;
  message?: string;
  type?: string | null;
  cause?: unknown;
}

/** What a failure says that went through the engine: why stands in the row, where nobody but its organisation reads it. */
export const TOLD_IN_ROW = 'the row of the task says why';

const DEEPEST = 10;
const isFailure = (error: unknown): error is Failure => typeof error === 'object' && error !== null;

function* causesOf(error: unknown): Generator<Failure> {
  let at: unknown = error;
  for (let depth = 0; depth < DEEPEST && isFailure(at); depth++) {
    yield at;
    at = at.cause;
  }
}

const failed = (category: ErrorCategory, message: string): TaskOutcome => ({
  status: 'failed',
  error: { category, message },
});

/** What a task comes to whose work threw this. */
export function outcomeOf(error: unknown, isTimeOver: boolean): TaskOutcome {
  if (isTimeOver)
    return {
      status: 'timed_out',
      error: { category: 'timeout', message: 'took longer than its time limit' },
    };
  const causes = [...causesOf(error)];
  if (causes.some(({ name }) => name === 'CancelledFailure'))
    return { status: 'cancelled', error: { category: 'cancelled', message: 'was cancelled' } };
  const told = causes.find(({ name }) => name === 'ApplicationFailure');
  // Activities name the category as the type of their failure.
  if (told?.type && isCategory(told.type)) return failed(told.type, told.message ?? '');
  if (causes.some(({ name }) => name === 'TimeoutFailure'))
    return failed('interrupted', 'the worker that made a call of it died too often');
  return failed('code', told?.message ?? causes[0]?.message ?? 'unknown');
}

const CATEGORIES: Record<ErrorCategory, true> = {
  configuration: true,
  invalid_input: true,
  model: true,
  rate_limit: true,
  budget: true,
  step_limit: true,
  invalid_output: true,
  tool: true,
  code: true,
  timeout: true,
  cancelled: true,
  interrupted: true,
};
/** Whether a text is one of the categories. */
export const isCategory = (text: string): text is ErrorCategory => Object.hasOwn(CATEGORIES, text);
