import type { z } from 'zod';
import type {
  Execution,
  ExecutionAccepted,
  ExecutionHistory,
  ExecutionRequest,
  RuntimeMetrics,
  WorkingAgent,
  WorkingAgents,
} from '../schemas/execution.js';
import { hasEnded } from './ended.js';
import { createListing, type Listing } from './listing.js';
import type { CallOptions, CreateOptions, Request } from './request.js';

/** The longest `wait` the server takes. */
const LONGEST_WAIT_MS = 60_000;
const pathOf = (id: string, verb = '') => `/api/agents/${encodeURIComponent(id)}${verb}`;

/** What agents are asked to do by their type. */
export class Executions {
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  /** Has an agent of a type do something: `{ type: 'MARKET', action: 'analyze_market', input: { category: 'books' } }`. */
  execute(
    request: z.input<typeof ExecutionRequest>,
    options: CreateOptions = {},
  ): Promise<z.infer<typeof ExecutionAccepted>> {
    const call = { body: request, idempotencyKey: crypto.randomUUID(), ...options };
    return this.#request('POST', '/api/agents/execute', call);
  }

  /** Reads an execution. With `wait` (`"30s"`, at most `"60s"`) the answer comes when it has ended or the wait is over. */
  get(id: string, { wait, ...options }: CallOptions & { wait?: string } = {}): Promise<Execution> {
    const waiting = wait === undefined ? {} : { query: { wait }, waitMs: LONGEST_WAIT_MS };
    return this.#request('GET', pathOf(id), { ...waiting, ...options });
  }

  /** Waits until it has ended, however long that takes: a `signal` ends the wait. */
  async wait(id: string, options: CallOptions = {}): Promise<Execution> {
    for (;;) {
      const execution = await this.get(id, { wait: '60s', ...options });
      if (hasEnded(execution.status)) return execution;
    }
  }

  /** Throws `wrong_state` (409) when it has ended. */
  cancel(id: string, options: CallOptions = {}): Promise<Execution> {
    return this.#request('DELETE', pathOf(id), { once: true, ...options });
  }

  /** Of an agent (by its id, or that of an execution) or of a type: a page of executions, and what they came to. */
  history(
    id: string,
    page: { limit?: number; offset?: number } = {},
    options: CallOptions = {},
  ): Promise<z.infer<typeof ExecutionHistory>> {
    return this.#request('GET', pathOf(id, '/history'), { query: page, ...options });
  }

  /** How agents, tools and models did in a period, 24 h by default. */
  metrics(
    filter: { period?: '1h' | '24h' | '7d' | '30d' } = {},
    options: CallOptions = {},
  ): Promise<z.infer<typeof RuntimeMetrics>> {
    return this.#request('GET', '/api/agents/metrics', { query: filter, ...options });
  }

  /** The agents that can be given work, with what they can be asked, newest first. */
  agents(
    filter: { type?: string; limit?: number } = {},
    options: CallOptions = {},
  ): Listing<z.infer<typeof WorkingAgent>> {
    return createListing(async (cursor) => {
      const call = { query: { ...filter, cursor }, ...options };
      const page = await this.#request<z.infer<typeof WorkingAgents>>('GET', '/api/agents', call);
      return { items: page.agents, nextCursor: page.nextCursor };
    });
  }
}
