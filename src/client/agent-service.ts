import type { z } from 'zod';
import type { ServiceStatus } from '../schemas/service-status.js';
import type { TaskResult as TaskResultSchema } from '../schemas/task.js';
import { hasEnded } from './ended.js';
import type { CallOptions, CreateOptions, Request } from './request.js';
import type { NewTask, Tasks } from './tasks.js';

/** What a task came to. */
export type TaskResult = z.infer<typeof TaskResultSchema>;

export interface WaitOptions extends CreateOptions {
  /** How long to wait for the result; without it, however long that takes. */
  timeoutSeconds?: number;
}

/** The longest `wait` the server takes. */
const LONGEST_WAIT_MS = 60_000;

/** Tasks by three verbs, for who needs no more of them. */
export class AgentService {
  readonly #request: Request;
  readonly #tasks: Tasks;

  constructor(request: Request, tasks: Tasks) {
    this.#request = request;
    this.#tasks = tasks;
  }

  /** Gives an agent a task and answers its id as soon as it is durable. */
  async submitTask(task: NewTask, options: CreateOptions = {}): Promise<string> {
    return (await this.#tasks.submit(task, options)).task_id;
  }

  /** The same, and waits for what it comes to. Null when the time is up first: the task goes on. */
  async submitAndWait(task: NewTask, options: WaitOptions = {}): Promise<TaskResult | null> {
    const { timeoutSeconds = Number.POSITIVE_INFINITY, signal, ...create } = options;
    const endsAt = performance.now() + timeoutSeconds * 1_000;
    const calls = signal === undefined ? {} : { signal };
    const id = await this.submitTask(task, { ...create, ...calls });
    for (;;) {
      const leftMs = Math.min(Math.max(0, Math.round(endsAt - performance.now())), LONGEST_WAIT_MS);
      const waiting = leftMs === 0 ? {} : { wait: `${leftMs}ms` };
      const { status, result } = await this.#tasks.get(id, { ...waiting, ...calls });
      if (hasEnded(status)) return result;
      if (performance.now() >= endsAt) return null;
    }
  }

  /** How many tasks of the organisation wait and run, how many more could start, and how many schedules are enabled. */
  getStatus(options: CallOptions = {}): Promise<ServiceStatus> {
    return this.#request('GET', '/status', options);
  }
}
