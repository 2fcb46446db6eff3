import type { z } from 'zod';
import type { Event } from '../schemas/event.js';
import type {
  Decision,
  Priority,
  TaskAccepted,
  TaskAnswer,
  TaskFilter,
  TaskPage,
  TaskRequest,
  ToolCallAnswer,
} from '../schemas/task.js';
import { hasEnded } from './ended.js';
import type { OpenStream } from './event-stream.js';
import { createListing, type Listing } from './listing.js';
import type { CallOptions, CreateOptions, Request } from './request.js';

/** A task as it is asked for. */
export type NewTask = z.input<typeof TaskRequest>;
/** A task with the tools that it called. */
export type TaskDetail = z.infer<typeof TaskAnswer>['task'];
export type ToolCall = z.infer<typeof ToolCallAnswer>['tool_call'];
export type TaskSummary = z.infer<typeof TaskPage>['tasks'][number];

/** Which tasks are listed. */
export type TaskQuery = Partial<Omit<TaskFilter, 'cursor' | 'priority'>> & {
  priority?: z.input<typeof Priority>;
};

/** What a stream of a task tells: an event of the ledger, a piece of what its model says, or the whole of it. */
export type TaskMessage =
  | { kind: 'event'; event: Event }
  | { kind: 'text'; text: string }
  | { kind: 'answer'; place: string; text: string };

/** The longest `wait` the server takes. */
const LONGEST_WAIT_MS = 60_000;
const pathOf = (id: string, verb = '') => `/tasks/${encodeURIComponent(id)}${verb}`;

const ENDS = ['task.completed', 'task.failed', 'task.cancelled', 'task.timed_out'];
const isEnd = ({ event }: { event: string }) => ENDS.includes(event);

export class Tasks {
  readonly #request: Request;
  readonly #stream: OpenStream;

  constructor(request: Request, stream: OpenStream) {
    this.#request = request;
    this.#stream = stream;
  }

  /**
   * Gives an agent a task; answered when it is durable. A repeat after a lost answer makes no second one, by an
   * `Idempotency-Key`, or by your own `task_id`.
   */
  submit(task: NewTask, options: CreateOptions = {}): Promise<z.infer<typeof TaskAccepted>> {
    return this.#request('POST', '/tasks', { body: task, idempotencyKey: crypto.randomUUID(), ...options });
  }

  /** Reads a task. With `wait` (`"30s"`, at most `"60s"`) the answer comes when it has ended or the wait is over. */
  async get(id: string, { wait, ...options }: CallOptions & { wait?: string } = {}): Promise<TaskDetail> {
    const waiting = wait === undefined ? {} : { query: { wait }, waitMs: LONGEST_WAIT_MS };
    const { task } = await this.#request<{ task: TaskDetail }>('GET', pathOf(id), { ...waiting, ...options });
    return task;
  }

  /** Reads one of its calls of tools whole: in `get`, what is longer than 16 KB is cut. */
  async toolCall(id: string, callId: string, options: CallOptions = {}): Promise<ToolCall> {
    const path = pathOf(id, `/tool-calls/${encodeURIComponent(callId)}`);
    const { tool_call: call } = await this.#request<z.infer<typeof ToolCallAnswer>>('GET', path, options);
    return call;
  }

  /** Waits until it has ended, however long that takes: a `signal` ends the wait. */
  async wait(id: string, options: CallOptions = {}): Promise<TaskDetail> {
    for (;;) {
      const task = await this.get(id, { wait: '60s', ...options });
      if (hasEnded(task.status)) return task;
    }
  }

  /** Lists tasks, newest first, reading each page when it is needed. `limit` is the size of a page, at most 500. */
  list(filter: TaskQuery = {}, options: CallOptions = {}): Listing<TaskSummary> {
    return createListing(async (cursor) => {
      const query = { ...filter, cursor };
      const page = await this.#request<z.infer<typeof TaskPage>>('GET', '/tasks', { query, ...options });
      return { items: page.tasks, nextCursor: page.nextCursor };
    });
  }

  /** Cancels a task; one that is cancelled already answers the same again. Throws `wrong_state` (409) when it has ended. */
  cancel(id: string, cancellation: { reason?: string } = {}, options: CallOptions = {}): Promise<TaskDetail> {
    return this.#change(id, '/cancel', cancellation, options);
  }

  /** Lets calls of tools be made that wait for it: all, or one. Throws `wrong_state` (409) when none waits. */
  approve(id: string, decision: Decision = {}, options: CallOptions = {}): Promise<TaskDetail> {
    return this.#change(id, '/approve', decision, options);
  }

  /** The opposite; the model is told the `reason`. */
  reject(id: string, decision: Decision = {}, options: CallOptions = {}): Promise<TaskDetail> {
    return this.#change(id, '/reject', decision, options);
  }

  /** What happens to a task, from its beginning on, as it happens; ends with the task. */
  async *stream(id: string, options: CallOptions = {}): AsyncGenerator<TaskMessage, void, void> {
    for await (const { event, data } of this.#stream(pathOf(id, '/stream'), isEnd, options)) {
      if (event === 'text') yield { kind: 'text', ...(data as { text: string }) };
      else if (event === 'answer') yield { kind: 'answer', ...(data as { place: string; text: string }) };
      else yield { kind: 'event', event: data as Event };
    }
  }

  async #change(id: string, verb: string, body: object, options: CallOptions): Promise<TaskDetail> {
    const { task } = await this.#request<{ task: TaskDetail }>('POST', pathOf(id, verb), {
      body,
      ...options,
    });
    return task;
  }
}
