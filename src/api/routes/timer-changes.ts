import { type Change, getTimer } from '../../db/timers.js';
import { dueOf } from '../../domain/timer-plan.js';
import { Problem } from '../../schemas/problem.js';
import { Cancellation, Rescheduling, TenantCheck, TimerAnswer } from '../../schemas/timer.js';
import type { Caller } from '../caller.js';
import { ApiProblem, invalid } from '../problem.js';
import { route } from '../route.js';
import type { Services } from '../services.js';
import { answerTimers, tag, unknownTimer } from './timers.js';

const answers = { 200: TimerAnswer, 404: Problem, 409: Problem, 422: Problem };

/** The timer, if the caller may know it and means the tenant that it belongs to. */
async function find(id: string, tenantId: string | undefined, caller: Caller, { db }: Services) {
  const row = await getTimer(db, caller, id);
  if (!row || (tenantId !== undefined && tenantId !== row.tenant_id)) throw unknownTimer();
  return row;
}

/** The answer to a change that only a scheduled timer takes. */
async function answerChange({ changed, row }: Change, caller: Caller, services: Services) {
  if (!row) throw unknownTimer();
  if (!changed) throw notScheduled(row.status);
  const [timer] = await answerTimers([row], caller, services);
  if (!timer) throw unknownTimer();
  return { timer };
}

const notScheduled = (status: string) =>
  status === 'cancelled'
    ? new ApiProblem('wrong_state', 'the timer is cancelled')
    : new ApiProblem('already_firing', `the timer is ${status}: it can no longer be changed`);

async function cancel(id: string, body: Cancellation, caller: Caller, services: Services) {
  await find(id, body.tenantId, caller, services);
  const by = { reason: body.reason ?? null, requestedBy: body.requestedBy ?? null };
  const change = await services.timers.cancel(caller, id, by);
  const isCancelledBefore = !change.changed && change.row?.status === 'cancelled';
  return answerChange(isCancelledBefore ? { ...change, changed: true } : change, caller, services);
}

const cancelTimer = route({
  method: 'post',
  path: '/timers/:id/cancel',
  callers: ['key'],
  tag,
  summary: 'Cancel a timer that has not fired',
  description: 'A timer that is cancelled never calls. Of a repeating timer, no further occurrence.',
  body: Cancellation,
  answers,
  handle: ({ params, body, caller }, services) => cancel(params.id, body, caller, services),
});

const deleteTimer = route({
  method: 'delete',
  path: '/timers/:id',
  callers: ['key'],
  tag,
  summary: 'Cancel a timer that has not fired',
  answers,
  handle: ({ params, caller }, services) => cancel(params.id, {}, caller, services),
});

const rescheduleTimer = route({
  method: 'post',
  path: '/timers/:id/reschedule',
  callers: ['key'],
  tag,
  summary: 'Give a timer another due time',
  body: Rescheduling,
  answers,
  async handle({ params, body, caller }, services) {
    await find(params.id, body.tenantId, caller, services);
    const due = dueOf(body, services.clock());
    if (due.kind === 'refused') throw invalid([{ path: due.path, message: due.message }]);
    return answerChange(await services.timers.move(caller, params.id, due), caller, services);
  },
});

const resetTimer = route({
  method: 'post',
  path: '/timers/:id/reset',
  callers: ['key'],
  tag,
  summary: 'Start its duration anew: the watchdog\'s "still alive"',
  body: TenantCheck,
  answers,
  async handle({ params, body, caller }, services) {
    const { duration_ms: durationMs } = await find(params.id, body.tenantId, caller, services);
    const fireAt = new Date(services.clock() + durationMs);
    return answerChange(
      await services.timers.move(caller, params.id, { fireAt, durationMs }),
      caller,
      services,
    );
  },
});

const fireTimer = route({
  method: 'post',
  path: '/timers/:id/fire',
  callers: ['key'],
  tag,
  summary: 'Fire a timer now',
  body: TenantCheck,
  answers,
  async handle({ params, body, caller }, services) {
    await find(params.id, body.tenantId, caller, services);
    const now = { fireAt: new Date(services.clock()), durationMs: null };
    return answerChange(await services.timers.move(caller, params.id, now), caller, services);
  },
});

export const timerChangeRoutes = [cancelTimer, deleteTimer, rescheduleTimer, resetTimer, fireTimer];
