import { setTimeout as sleep } from 'node:timers/promises';
import type { ScheduleRow } from '../../db/schedules.js';
import { listTasks } from '../../db/tasks.js';
import { nextRuns } from '../../schedules/cycle.js';
import { cycleOf } from '../../schedules/row-cycle.js';
import { Problem } from '../../schemas/problem.js';
import {
  Backfill,
  Backfilled,
  HistoryQuery,
  ScheduleAnswer,
  ScheduleHistory,
  SchedulePreview,
  Trigger,
  Triggered,
} from '../../schemas/schedule.js';
import { askEngine, stateOf } from '../ask-engine.js';
import { changeSchedule, findOwnSchedule, type ScheduleRequestParts } from '../change-schedule.js';
import { readPage } from '../page.js';
import { invalid } from '../problem.js';
import { Reply, route } from '../route.js';
import { scheduleAnswer } from '../schedule-answer.js';
import type { Services } from '../services.js';
import { taskAnswer } from '../task-answer.js';
import { callers, tag } from './schedules.js';

/** Of one backfill: Temporal remembers as many runs that wait. */
const MOST_RUNS = 1_000;
/** Temporal starts what was triggered within milliseconds; what has not begun after these was left out, or waits. */
const LOOKS_MS = [20, 50, 100, 200, 400, 800];

/** Pauses a schedule or resumes it; one that is so already stays as it is. */
async function turn(request: ScheduleRequestParts, services: Services, isEnabled: boolean) {
  const row = await changeSchedule(request, services, async (standing) =>
    standing.is_enabled === isEnabled ? null : { is_enabled: isEnabled },
  );
  return { schedule: scheduleAnswer(row, services) };
}

const pauseRoute = route({
  method: 'post',
  path: '/schedules/:id/pause',
  callers,
  orgWide: true,
  tag,
  summary: 'Pause a schedule',
  description:
    'It starts nothing until it is resumed; what runs goes on. One that is paused answers the same again.',
  answers: { 200: ScheduleAnswer, 404: Problem },
  handle: (request, services) => turn(request, services, false),
});

const resumeRoute = route({
  method: 'post',
  path: '/schedules/:id/resume',
  callers,
  orgWide: true,
  tag,
  summary: 'Resume a schedule',
  description: 'What it left out while it was paused is not caught up: see `backfill`.',
  answers: { 200: ScheduleAnswer, 404: Problem },
  handle: (request, services) => turn(request, services, true),
});

/** The task that a trigger has started, or null when none was. */
async function startedTask(services: Services, row: ScheduleRow, runsBefore: number): Promise<string | null> {
  for (const wait of LOOKS_MS) {
    await sleep(wait);
    const { runs, latest } = await stateOf(services, row);
    if (runs > runsBefore) return latest.at(-1) ?? null;
  }
  return null;
}

const triggerRoute = route({
  method: 'post',
  path: '/schedules/:id/trigger',
  callers,
  idempotent: true,
  orgWide: true,
  tag,
  summary: 'Run a schedule now',
  description:
    'Besides its other runs, at most once a second, and while it is paused as well. Whether it runs beside one that has not ended, `overlap` says.',
  body: Trigger,
  answers: { 202: Triggered, 404: Problem },
  async handle({ params, body: { overlap }, caller }, services) {
    const row = await findOwnSchedule(services, caller.orgId, params.id);
    const { runs: runsBefore } = await stateOf(services, row);
    await askEngine(services, row, (ref) => services.schedules.trigger(ref, overlap));
    return new Reply(202, { task_id: await startedTask(services, row, runsBefore) });
  },
});

/** How many moments of a schedule lie in a span of time; throws where it cannot be caught up. */
function runsIn(row: ScheduleRow, { from, to }: Backfill, now: Date): number {
  if (to > now) throw invalid([{ path: 'to', message: 'must not be in the future' }]);
  if (from >= to) throw invalid([{ path: 'from', message: 'must be before `to`' }]);
  const after = new Date(from.getTime() - 1);
  const wanted = { after, count: MOST_RUNS + 1, anchor: row.created_at, end: row.ends_at };
  const runs = nextRuns(cycleOf(row), wanted).filter((run) => run <= to);
  if (runs.length > MOST_RUNS)
    throw invalid([{ path: 'from', message: `there are more than ${MOST_RUNS} runs in this time` }]);
  return runs.length;
}

const backfillRoute = route({
  method: 'post',
  path: '/schedules/:id/backfill',
  callers,
  idempotent: true,
  orgWide: true,
  tag,
  summary: 'Run a schedule for a time that has passed',
  description:
    'As if its moments from `from` to `to` came now, at most 1,000; one after the other unless `overlap` says otherwise. A moment that has run does not run again.',
  body: Backfill,
  answers: { 202: Backfilled, 404: Problem, 422: Problem },
  async handle({ params, body, caller }, services) {
    const row = await findOwnSchedule(services, caller.orgId, params.id);
    const runs = runsIn(row, body, new Date(services.clock()));
    const { from, to, overlap = 'buffer_all' } = body;
    if (runs > 0)
      await askEngine(services, row, (ref) => services.schedules.backfill(ref, { from, to, overlap }));
    return new Reply(202, { runs });
  },
});

const previewRoute = route({
  method: 'get',
  path: '/schedules/:id/preview',
  callers,
  orgWide: true,
  tag,
  summary: 'When a schedule runs: the next ten times',
  description: 'As Temporal has planned them, with their jitter; of a paused one, when it would run.',
  answers: { 200: SchedulePreview, 404: Problem },
  async handle({ params, caller }, services) {
    const row = await findOwnSchedule(services, caller.orgId, params.id);
    const { nextRuns: runs } = await stateOf(services, row);
    return { timezone: row.timezone, next_runs: runs.map((run) => run.toISOString()) };
  },
});

const historyRoute = route({
  method: 'get',
  path: '/schedules/:id/history',
  callers,
  orgWide: true,
  tag,
  summary: 'What a schedule has started, left out and missed',
  description:
    'Its tasks, the newest first, as long as they are kept; the counts are of its whole life. A run whose agent took no tasks then counts, and has none.',
  query: HistoryQuery,
  answers: { 200: ScheduleHistory, 404: Problem },
  async handle({ params, query, caller: { orgId } }, services) {
    const row = await findOwnSchedule(services, orgId, params.id);
    const { runs, skipped, missed } = await stateOf(services, row);
    const { items: tasks, nextCursor } = await readPage(
      query,
      (limit, position) => listTasks(services.db, orgId, { limit, scheduleId: row.id }, position),
      (rows) => rows.map((task) => taskAnswer(task, services)),
    );
    return { tasks, runs, skipped, missed, nextCursor };
  },
});

export const scheduleRunRoutes = [
  ...[pauseRoute, resumeRoute, triggerRoute, backfillRoute],
  ...[previewRoute, historyRoute],
];
