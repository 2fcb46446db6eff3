import type { z } from 'zod';
import type {
  AgentHealth,
  Cancellation,
  Timer,
  TimerBatchAnswer,
  TimerFilter,
  TimerMetrics,
  TimerPage,
  TimerRequest,
} from '../schemas/timer.js';
import { createListing, type Listing } from './listing.js';
import type { CallOptions, CreateOptions, Request } from './request.js';

/** A moment: a Date, or ISO 8601 text with its offset or `Z`. */
type Moment = Date | string;
type WithMoments<Body extends { fireAt?: unknown }> = Omit<Body, 'fireAt'> & { fireAt?: Moment | undefined };

/** A timer as it is asked for. Durations are text such as `"15m"`, or whole milliseconds. */
export type NewTimer = WithMoments<z.input<typeof TimerRequest>>;
/** When a timer is to be due instead: exactly one of the two. */
export type NewDue = { duration: string | number } | { fireAt: Moment };
/** What became of one timer of many. */
export type Created = { id: string; fireAt: string } | { error: Refusal };
type Refusal = NonNullable<z.infer<typeof TimerBatchAnswer>['timers'][number]['error']>;

type Filter = Partial<Omit<TimerFilter, 'cursor' | 'fireBefore' | 'fireAfter'>> & {
  fireBefore?: Moment;
  fireAfter?: Moment;
};

const BATCH_SIZE = 1_000;
/** The longest `wait` the server takes. */
const LONGEST_WAIT_MS = 60_000;
const iso = (moment: Moment | undefined) => (moment instanceof Date ? moment.toISOString() : moment);
const pathOf = (id: string, verb = '') => `/timers/${encodeURIComponent(id)}${verb}`;

export class Timers {
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  /**
   * Creates a timer; answered when it is durable. Sent with an `Idempotency-Key`, so a repeat after a lost answer
   * makes no second timer.
   */
  async create(timer: NewTimer, options: CreateOptions = {}): Promise<Timer> {
    const call = { body: timer, idempotencyKey: crypto.randomUUID(), ...options };
    const { timer: created } = await this.#request<{ timer: Timer }>('POST', '/timers', call);
    return created;
  }

  /**
   * Creates any number of timers, 1,000 a request; each request counts once against the rate limit. Answers in
   * order. A timer that breaks the rules is an `error` in its place and does not stop the others.
   */
  async createMany(timers: NewTimer[], options: CreateOptions = {}): Promise<Created[]> {
    const { idempotencyKey = crypto.randomUUID(), ...rest } = options;
    const created: Created[] = [];
    for (let start = 0; start < timers.length; start += BATCH_SIZE) {
      const body = { timers: timers.slice(start, start + BATCH_SIZE) };
      const call = { body, idempotencyKey: `${idempotencyKey}.${start}`, ...rest };
      const answer = await this.#request<{ timers: Created[] }>('POST', '/timers/batch', call);
      created.push(...answer.timers);
    }
    return created;
  }

  /** Reads a timer. With `wait` (`"30s"`, at most `"60s"`) the answer comes when it has ended or the wait is over. */
  async get(id: string, { wait, ...options }: CallOptions & { wait?: string } = {}): Promise<Timer> {
    const waiting = wait === undefined ? {} : { query: { wait }, waitMs: LONGEST_WAIT_MS };
    const { timer } = await this.#request<{ timer: Timer }>('GET', pathOf(id), { ...waiting, ...options });
    return timer;
  }

  /** Lists timers, reading each page when it is needed. `limit` is the size of a page, at most 500. */
  list(filter: Filter = {}, options: CallOptions = {}): Listing<Timer> {
    const { fireBefore, fireAfter, ...plain } = filter;
    return createListing(async (cursor) => {
      const query = { ...plain, fireBefore: iso(fireBefore), fireAfter: iso(fireAfter), cursor };
      const page = await this.#request<z.infer<typeof TimerPage>>('GET', '/timers', { query, ...options });
      return { items: page.timers, nextCursor: page.nextCursor };
    });
  }

  /**
   * Cancels a timer; one that is cancelled already answers the same again. Throws `already_firing` or
   * `wrong_state` (409) when it was too late.
   */
  cancel(id: string, cancellation: Cancellation = {}, options: CallOptions = {}): Promise<Timer> {
    return this.#change(id, '/cancel', { body: cancellation, ...options });
  }

  /** Sets a new due moment. Throws 409 when the timer fires already or has ended. */
  reschedule(id: string, due: NewDue, options: CallOptions = {}): Promise<Timer> {
    return this.#change(id, '/reschedule', { body: due, ...options });
  }

  /** Starts the timer's duration anew from now: a watchdog's "still alive". */
  reset(id: string, options: CallOptions = {}): Promise<Timer> {
    return this.#change(id, '/reset', { body: {}, ...options });
  }

  /** Fires the timer now. */
  fire(id: string, options: CallOptions = {}): Promise<Timer> {
    return this.#change(id, '/fire', { body: {}, once: true, ...options });
  }

  /** Counts, success rate, durations (in seconds) and lateness (in ms), over all time or a period. */
  metrics(
    filter: { tenantId?: string; requestedBy?: string; period?: '1h' | '24h' | '7d' | '30d' } = {},
    options: CallOptions = {},
  ): Promise<TimerMetrics> {
    return this.#request('GET', '/timers/metrics', { query: filter, ...options });
  }

  /** Whether a tenant, or any, has completed timers in the last 300 s, with its figures. */
  health(filter: { tenantId?: string } = {}, options: CallOptions = {}): Promise<AgentHealth> {
    return this.#request('GET', '/agent/health', { query: { agent_id: filter.tenantId }, ...options });
  }

  async #change(id: string, verb: string, call: Parameters<Request>[2]): Promise<Timer> {
    const { timer } = await this.#request<{ timer: Timer }>('POST', pathOf(id, verb), call);
    return timer;
  }
}
