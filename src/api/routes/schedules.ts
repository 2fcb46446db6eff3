import { listSchedules } from '../../db/schedules.js';
import { nextRuns, readCycle } from '../../schedules/cycle.js';
import { changedOf, type PlannedSchedule, planSchedule, wantedOf } from '../../schedules/plan-schedule.js';
import { Problem } from '../../schemas/problem.js';
import {
  PreviewQuery,
  ScheduleAnswer,
  ScheduleChange,
  ScheduleFilter,
  SchedulePage,
  SchedulePreview,
  ScheduleRequest,
} from '../../schemas/schedule.js';
import { changeSchedule, findOwnSchedule, orInvalidCycle } from '../change-schedule.js';
import { revised } from '../etag.js';
import { readPage } from '../page.js';
import { ApiProblem, invalid } from '../problem.js';
import { Reply, route } from '../route.js';
import { scheduleAnswer } from '../schedule-answer.js';

export const tag = 'Schedules';
export const callers = ['key', 'admin'] as const;

/** Shown where nothing else is asked for. */
const PREVIEWED = 10;

function orInvalid(planned: PlannedSchedule) {
  if (planned.kind === 'refused') throw invalid(planned.errors);
  return planned.columns;
}

const createRoute = route({
  method: 'post',
  path: '/schedules',
  callers,
  idempotent: true,
  orgWide: true,
  etag: true,
  tag,
  summary: 'Give an agent a task again and again',
  description:
    'At the times of a cron expression, or every so many seconds. Each run is a task of its own, with the priority `LOW` unless another is named. It is a Temporal Schedule before this answers.',
  body: ScheduleRequest,
  answers: { 201: ScheduleAnswer, 409: Problem, 422: Problem },
  async handle({ body, caller: { orgId }, idFor }, services) {
    const now = new Date(services.clock());
    const columns = orInvalid(await planSchedule(services, orgId, wantedOf(body), { now }));
    const schedule = { id: idFor(), orgId, columns, createdAt: now };
    const row = await services.scheduling.create(schedule).catch(orInvalidCycle);
    if (!row) throw new ApiProblem('wrong_state', 'there are as many schedules as an organisation may have');
    const headers = { Location: `/schedules/${row.id}` };
    return revised({ schedule: scheduleAnswer(row, services) }, row, 201, headers);
  },
});

const listRoute = route({
  method: 'get',
  path: '/schedules',
  callers,
  orgWide: true,
  tag,
  summary: 'List schedules, the newest first',
  query: ScheduleFilter,
  answers: { 200: SchedulePage },
  async handle({ query, caller: { orgId } }, services) {
    const { items: schedules, nextCursor } = await readPage(
      query,
      (limit, position) => listSchedules(services.db, orgId, { ...query, limit }, position),
      (rows) => rows.map((row) => scheduleAnswer(row, services)),
    );
    return { schedules, nextCursor };
  },
});

const previewRoute = route({
  method: 'get',
  path: '/schedules/preview',
  callers,
  tag,
  summary: 'When a schedule would run: the next ten times',
  description:
    'Of a cron expression or an interval, which is counted from now. An hour that the clock leaves out is left out; of one that comes twice a run takes either.',
  query: PreviewQuery,
  answers: { 200: SchedulePreview, 422: Problem },
  handle({ query }, { clock }) {
    const now = new Date(clock());
    const { cron_expression: cron, interval_seconds: seconds, ends_at: end } = query;
    if ((cron === undefined) === (seconds === undefined))
      throw invalid([
        { path: 'cron_expression', message: 'exactly one of cron_expression and interval_seconds is needed' },
      ]);
    const read = readCycle(query, now);
    if (read.kind === 'refused') throw invalid(read.errors);
    const runs = nextRuns(read.cycle, { after: now, count: PREVIEWED, anchor: now, end: end ?? null });
    return { timezone: read.cycle.timezone, next_runs: runs.map((run) => run.toISOString()) };
  },
});

const getRoute = route({
  method: 'get',
  path: '/schedules/:id',
  callers,
  orgWide: true,
  etag: true,
  tag,
  summary: 'A schedule',
  answers: { 200: ScheduleAnswer, 404: Problem },
  async handle({ params, caller }, services) {
    const row = await findOwnSchedule(services, caller.orgId, params.id);
    return revised({ schedule: scheduleAnswer(row, services) }, row);
  },
});

/** An ending that stood already, or has passed since, is no reason to refuse another change. */
const TIMING = ['cron_expression', 'interval_seconds', 'timezone', 'ends_at', 'enabled'];

const changeRoute = route({
  method: 'patch',
  path: '/schedules/:id',
  callers,
  orgWide: true,
  etag: true,
  tag,
  summary: 'Change a schedule',
  description:
    'What is given replaces what stood, as a whole; a cron expression takes the place of an interval and the other way round. Tasks that it has started go on as they were.',
  body: ScheduleChange,
  answers: { 200: ScheduleAnswer, 404: Problem, 412: Problem, 422: Problem },
  async handle(request, services) {
    const { body, caller } = request;
    const now = new Date(services.clock());
    const isTimed = TIMING.some((field) => Object.hasOwn(body, field));
    const row = await changeSchedule(request, services, async (standing, db) => {
      if (Object.keys(body).length === 0) return null;
      const wanted = changedOf(standing, body);
      const options = { now, anchor: standing.created_at, isTimed };
      return orInvalid(await planSchedule({ ...services, db }, caller.orgId, wanted, options));
    });
    return revised({ schedule: scheduleAnswer(row, services) }, row);
  },
});

const deleteRoute = route({
  method: 'delete',
  path: '/schedules/:id',
  callers,
  orgWide: true,
  tag,
  summary: 'Delete a schedule',
  description: 'Its tasks stay, and those that run go on.',
  answers: { 204: { description: 'It starts nothing any more' }, 404: Problem },
  async handle({ params: { id }, caller: { orgId } }, services) {
    const wasThere = await services.scheduling.remove({ orgId, scheduleId: id });
    if (!wasThere) throw new ApiProblem('not_found', 'there is no such schedule');
    return new Reply(204, null);
  },
});

export const scheduleRoutes = [createRoute, listRoute, previewRoute, getRoute, changeRoute, deleteRoute];
