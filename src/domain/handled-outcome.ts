import type { ErrorCategory, TaskStatus } from '../schemas/task.js';

/** A task that has ended, as far as it tells what became of its message. */
export interface EndedTask {
  status: TaskStatus;
  output: unknown;
  error_category: ErrorCategory | null;
  error_message: string | null;
}

/** What became of a message by the task that handled it. */
export type HandledOutcome =
  | { kind: 'processed'; reply: Record<string, unknown> | null }
  | { kind: 'failed'; error: string }
  /** Another time it may come to more. */
  | { kind: 'refused'; error: string };

/** What passes by itself: a model or a tool that did not answer, a worker that died. */
const PASSING: ReadonlySet<ErrorCategory> = new Set([
  'model',
  'rate_limit',
  'timeout',
  'interrupted',
  'tool',
]);

/** A reply is as large as a message may be. */
const MOST_BYTES = 262_144;

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The payload of the reply: an object as it is, other output as its `content`; null where there is none. */
function replyOf(output: unknown): Record<string, unknown> | null {
  if (output === null || output === undefined) return null;
  return isFields(output) ? output : { content: output };
}

/** What a message comes to whose task ended; one that is not known any more was interrupted. */
export function handledOutcome(task: EndedTask | undefined): HandledOutcome {
  if (!task) return { kind: 'refused', error: 'interrupted' };
  if (task.status === 'completed') {
    const reply = replyOf(task.output);
    const bytes = new TextEncoder().encode(JSON.stringify(reply)).length;
    return bytes > MOST_BYTES
      ? { kind: 'failed', error: 'its answer is larger than 256 KB' }
      : { kind: 'processed', reply };
  }
  if (task.status === 'cancelled') return { kind: 'failed', error: 'cancelled' };
  const category = task.status === 'timed_out' ? 'timeout' : (task.error_category ?? 'interrupted');
  const error = `${category}: ${task.error_message ?? ''}`.replace(/: $/, '');
  return { kind: PASSING.has(category) ? 'refused' : 'failed', error };
}
