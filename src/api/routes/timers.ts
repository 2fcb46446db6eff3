import { z } from 'zod';
import { deliveriesOfTimers } from '../../db/deliveries.js';
import { getTimer, listTimers, type TimerRow } from '../../db/timers.js';
import { tellsOf } from '../../domain/ended-notice.js';
import type { DeliverySummary } from '../../schemas/delivery.js';
import { PROBLEM_STATUS, Problem } from '../../schemas/problem.js';
import {
  TimerAnswer,
  TimerBatch,
  TimerBatchAnswer,
  TimerFilter,
  TimerPage,
  TimerRequest,
} from '../../schemas/timer.js';
import { prepare } from '../../timers/prepare.js';
import type { Caller } from '../caller.js';
import { deliverySummary } from '../delivery-answer.js';
import { readPage } from '../page.js';
import { ApiProblem, invalid, toProblem } from '../problem.js';
import { Reply, route } from '../route.js';
import type { Services } from '../services.js';
import { timerAnswer } from '../timer-answer.js';
import { waitQuery, waitUntil } from '../wait.js';

export const tag = 'Timers';

/** Whether a key may speak for a tenant; what it may not is unknown to it. */
export function assertTenant(caller: Caller, tenantId: string): void {
  if (caller.tenants && !caller.tenants.includes(tenantId)) throw unknownTimer();
}

export const unknownTimer = () => new ApiProblem('not_found', 'there is no such timer');

export async function answerTimers(rows: readonly TimerRow[], caller: Caller, services: Services) {
  const deliveries = await deliveriesOfTimers(
    services.db,
    caller.orgId,
    rows.map((row) => row.id),
  );
  const byTimer = new Map(rows.map((row) => [row.id, [] as DeliverySummary[]]));
  for (const delivery of deliveries) byTimer.get(delivery.timer_id ?? '')?.push(deliverySummary(delivery));
  return rows.map((row) => timerAnswer(row, byTimer.get(row.id) ?? [], services));
}

/** Checks what a schema cannot; answers the row to write, or throws the problem. */
function toNewTimer(request: TimerRequest, id: string, caller: Caller, services: Services) {
  assertTenant(caller, request.tenantId);
  for (const action of request.actionBundle?.actions ?? []) {
    if (action.type === 'timer' && action.tenantId !== undefined) assertTenant(caller, action.tenantId);
  }
  const prepared = prepare(request, { orgId: caller.orgId, id, now: services.clock() }, services);
  if (prepared.kind === 'refused') throw invalid(prepared.errors);
  return prepared.timer;
}

/**
 * Creates what a request asks for. A repeat of one whose answer was lost finds its timer, also when its moment has
 * passed meanwhile.
 */
async function create(request: TimerRequest, id: string, caller: Caller, services: Services) {
  try {
    return await services.timers.create(toNewTimer(request, id, caller, services));
  } catch (error) {
    const row = isInvalid(error) ? await getTimer(services.db, caller, id) : undefined;
    if (!row) throw error;
    return { row, wasNew: false };
  }
}

const isInvalid = (error: unknown) => error instanceof ApiProblem && error.code === 'invalid';

const createTimer = route({
  method: 'post',
  path: '/timers',
  callers: ['key'],
  idempotent: true,
  tag,
  summary: 'Create a timer',
  description: 'It is durable, and owned by a workflow, before this answers.',
  body: TimerRequest,
  answers: { 201: TimerAnswer, 404: Problem, 422: Problem },
  async handle({ body, caller, idFor }, services) {
    const { row, wasNew } = await create(body, idFor(), caller, services);
    const timer = wasNew ? timerAnswer(row, [], services) : (await answerTimers([row], caller, services))[0];
    if (!timer) throw unknownTimer();
    return new Reply(201, { timer }, { Location: `/timers/${row.id}` });
  },
});

/** The result of one item of a batch. */
async function createItem(item: unknown, id: string, caller: Caller, services: Services) {
  try {
    const parsed = TimerRequest.safeParse(item);
    if (!parsed.success) throw invalid(parsed.error);
    const { row } = await create(parsed.data, id, caller, services);
    return { id: row.id, fireAt: row.fire_at.toISOString() };
  } catch (error) {
    const { code, message, details } = toProblem(error, services.log);
    const errors = details.errors?.map((one) => ({ ...one }));
    return { error: { code, detail: message, ...(errors ? { errors } : {}) } };
  }
}

const createTimers = route({
  method: 'post',
  path: '/timers/batch',
  callers: ['key'],
  idempotent: true,
  tag,
  summary: 'Create up to 1,000 timers',
  description:
    'Answers one result for each, in order; one bad item does not stop the rest. Counts as one request. Where items are `unavailable`, the same request with the same Idempotency-Key finishes them.',
  body: TimerBatch,
  bodyLimit: '8mb',
  answers: { 201: TimerBatchAnswer, 422: Problem },
  async handle({ body, caller, idFor }, services) {
    const timers = await Promise.all(
      body.timers.map((item, index) => createItem(item, idFor(index), caller, services)),
    );
    const isCreated = timers.some((timer) => 'id' in timer);
    const isAway = timers.some(({ error }) => error?.code === 'unavailable');
    if (isAway && !isCreated)
      throw new ApiProblem('unavailable', 'nothing was acknowledged', { retryAfterSeconds: 2 });
    const isFinal = timers.every(({ error }) => error === undefined || PROBLEM_STATUS[error.code] < 500);
    return new Reply(201, { timers }, {}, isFinal);
  },
});

const listRoute = route({
  method: 'get',
  path: '/timers',
  callers: ['key'],
  tag,
  summary: 'List timers, newest first',
  query: TimerFilter,
  answers: { 200: TimerPage, 422: Problem },
  async handle({ query, caller }, services) {
    const { items: timers, nextCursor } = await readPage(
      query,
      (limit, position) => listTimers(services.db, caller, { ...query, limit }, position),
      (rows) => answerTimers(rows, caller, services),
    );
    return { timers, nextCursor };
  },
});

const ENDED = new Set(['fired', 'cancelled', 'failed']);

const getRoute = route({
  method: 'get',
  path: '/timers/:id',
  callers: ['key'],
  tag,
  summary: 'Get a timer, or wait until it has ended',
  query: z.object(waitQuery),
  answers: { 200: TimerAnswer, 404: Problem },
  async handle({ params, query, caller, signal }, services) {
    const { database, db } = services;
    const read = () => getTimer(db, caller, params.id);
    const row =
      query.wait === undefined
        ? await read()
        : await waitUntil({
            database,
            channel: 'ended',
            isOurs: (notice) => tellsOf(notice, caller.orgId, params.id),
            read,
            hasEnded: (timer) => timer === undefined || ENDED.has(timer.status),
            millis: query.wait,
            signal,
          });
    const [timer] = row ? await answerTimers([row], caller, services) : [];
    if (!timer) throw unknownTimer();
    return { timer };
  },
});

export const timerRoutes = [createTimer, createTimers, listRoute, getRoute];
