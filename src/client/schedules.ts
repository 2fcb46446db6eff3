import type { z } from 'zod';
import type {
  Backfilled,
  Overlap,
  Schedule,
  ScheduleAnswer,
  ScheduleChange,
  ScheduleHistory,
  SchedulePage,
  SchedulePreview,
  ScheduleRequest,
  Triggered,
} from '../schemas/schedule.js';
import { createListing, type Listing } from './listing.js';
import type { ChangeOptions, Versioned } from './registry.js';
import type { Call, CallOptions, CreateOptions, Exchange, Request } from './request.js';

/** A schedule as it is asked for. */
export type NewSchedule = z.input<typeof ScheduleRequest>;
export type SchedulePatch = z.input<typeof ScheduleChange>;
/** Which schedules are listed. */
export interface ScheduleQuery {
  agent_name?: string;
  enabled?: boolean;
  limit?: number;
}
/** When something would run: exactly one of the first two. */
export interface PreviewOf {
  cron_expression?: string;
  interval_seconds?: number;
  timezone?: string;
  ends_at?: string;
}

const pathOf = (id: string, verb = '') => `/schedules/${encodeURIComponent(id)}${verb}`;

export class Schedules {
  readonly #exchange: Exchange;
  readonly #request: Request;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#request = async (...call) => (await exchange<never>(...call)).body;
  }

  /** Gives an agent a task again and again. A repeat after a lost answer makes no second one. */
  create(schedule: NewSchedule, options: CreateOptions = {}): Promise<Versioned<Schedule>> {
    const idempotencyKey = crypto.randomUUID();
    return this.#one('POST', '/schedules', { body: schedule, idempotencyKey, ...options });
  }

  get(id: string, options: CallOptions = {}): Promise<Versioned<Schedule>> {
    return this.#one('GET', pathOf(id), options);
  }

  /** Lists schedules, newest first, reading each page when it is needed. */
  list({ enabled, ...filter }: ScheduleQuery = {}, options: CallOptions = {}): Listing<Schedule> {
    return createListing(async (cursor) => {
      const query = { ...filter, cursor, enabled: enabled === undefined ? undefined : String(enabled) };
      const page = await this.#request<z.infer<typeof SchedulePage>>('GET', '/schedules', {
        query,
        ...options,
      });
      return { items: page.schedules, nextCursor: page.nextCursor };
    });
  }

  /** What is given replaces what stood; a cron expression takes the place of an interval and the other way round. */
  change(id: string, change: SchedulePatch, options: ChangeOptions = {}): Promise<Versioned<Schedule>> {
    return this.#one('PATCH', pathOf(id), { body: change, ...options });
  }

  /** Its tasks stay, and those that run go on. Throws `not_found` (404) when there is none. */
  delete(id: string, options: CallOptions = {}): Promise<void> {
    return this.#request('DELETE', pathOf(id), options);
  }

  pause(id: string, options: CallOptions = {}): Promise<Versioned<Schedule>> {
    return this.#one('POST', pathOf(id, '/pause'), options);
  }

  resume(id: string, options: CallOptions = {}): Promise<Versioned<Schedule>> {
    return this.#one('POST', pathOf(id, '/resume'), options);
  }

  /** Runs it now, once, also where an answer was lost; answers the task's id, or null where `overlap` did not let one begin. */
  async trigger(
    id: string,
    body: { overlap?: Overlap } = {},
    options: CreateOptions = {},
  ): Promise<string | null> {
    const path = pathOf(id, '/trigger');
    const { task_id: taskId } = await this.#request<z.infer<typeof Triggered>>('POST', path, {
      body,
      idempotencyKey: crypto.randomUUID(),
      ...options,
    });
    return taskId;
  }

  /** Runs what lies between two moments that have passed; answers how many runs that are. */
  async backfill(
    id: string,
    span: { from: string; to: string; overlap?: Overlap },
    options: CreateOptions = {},
  ): Promise<number> {
    const path = pathOf(id, '/backfill');
    const { runs } = await this.#request<z.infer<typeof Backfilled>>('POST', path, {
      body: span,
      idempotencyKey: crypto.randomUUID(),
      ...options,
    });
    return runs;
  }

  /** When a schedule runs next, or an expression would: ten times. */
  async preview(of: string | PreviewOf, options: CallOptions = {}): Promise<string[]> {
    const asked =
      typeof of === 'string'
        ? this.#request<z.infer<typeof SchedulePreview>>('GET', pathOf(of, '/preview'), options)
        : this.#request<z.infer<typeof SchedulePreview>>('GET', '/schedules/preview', {
            query: { ...of },
            ...options,
          });
    return (await asked).next_runs;
  }

  /** A page of the tasks that it has started, the newest first, with counts of all runs, skipped and missed ones. */
  history(
    id: string,
    query: { limit?: number; cursor?: string } = {},
    options: CallOptions = {},
  ): Promise<z.infer<typeof ScheduleHistory>> {
    return this.#request('GET', pathOf(id, '/history'), { query, ...options });
  }

  async #one(method: 'GET' | 'POST' | 'PATCH', path: string, call: Call): Promise<Versioned<Schedule>> {
    const { body, etag } = await this.#exchange<z.infer<typeof ScheduleAnswer>>(method, path, call);
    return { ...body.schedule, etag };
  }
}
