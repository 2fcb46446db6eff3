import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { getSchedule, type ScheduleRow } from '../../src/db/schedules.js';
import { createSchedules, type Schedules } from '../../src/engine/schedules.js';
import { createScheduling } from '../../src/schedules/scheduling.js';
import type { Schedule, ScheduleHistory } from '../../src/schemas/schedule.js';
import { DEMO_KEY } from '../support/api.js';
import { eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';

let mainspring: TestMainspring;
beforeAll(async () => {
  mainspring = await startMainspring();
}, 30_000);
afterAll(() => mainspring.close());

const CHECK = { agent_name: 'AdminAgent', method_name: 'health', interval_seconds: 1 };
async function made(over: object = {}): Promise<Schedule> {
  const { status, body } = await mainspring.post('/schedules', { ...CHECK, ...over });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body.schedule as Schedule;
}
const historyOf = async ({ id }: Schedule) =>
  (await mainspring.send(`/schedules/${id}/history`, { key: DEMO_KEY })).json<ScheduleHistory>();
const columnsOf = ({ agent_id, name, cron, interval_ms, timezone }: ScheduleRow) => ({
  ...{ agent_id, name, cron, interval_ms, timezone, input: '{}', delivery: '[]', metadata: '{}' },
});
const remove = ({ id }: Schedule) => mainspring.send(`/schedules/${id}`, { key: DEMO_KEY, method: 'DELETE' });

test('a heartbeat starts tasks at LOW, with what it says, until it is paused', async () => {
  const schedule = await made({ metadata: { why: 'a test' }, timeout_seconds: 20 });
  const { tasks } = await eventually(
    () => historyOf(schedule),
    (history) => history.tasks.filter(({ status }) => status === 'completed').length >= 2,
  );
  expect(tasks.at(-1)).toMatchObject({
    ...{ agent_name: 'AdminAgent', priority: 7, status: 'completed', schedule_id: schedule.id },
    ...{ metadata: { why: 'a test', scheduleId: schedule.id }, timeout_seconds: 20 },
    delivery: [{ channel: 'log' }],
  });
  expect(new Set(tasks.map(({ task_id: id }) => id)).size).toBe(tasks.length);
  await mainspring.post(`/schedules/${schedule.id}/pause`, {});
  const { runs } = await eventually(
    () => historyOf(schedule),
    (history) => history.tasks.length === history.runs,
  );
  await new Promise((resolve) => setTimeout(resolve, 2_200));
  expect((await historyOf(schedule)).runs).toBe(runs);
  await remove(schedule);
  const kept = await mainspring.send(`/tasks/${tasks[0]?.task_id}`, { key: DEMO_KEY });
  expect(kept.status).toBe(200);
}, 30_000);

test('a moment that ran does not run again', async () => {
  const schedule = await made({ interval_seconds: undefined, cron_expression: '*/10 * * * *' });
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
  const span = {
    from: new Date(hour - 3_600_000).toISOString(),
    to: new Date(hour - 2_400_000).toISOString(),
  };
  for (const runs of [3, 6]) {
    const { body } = await mainspring.post(`/schedules/${schedule.id}/backfill`, span);
    expect(body).toEqual({ runs: 3 });
    const { tasks } = await eventually(
      () => historyOf(schedule),
      (history) =>
        history.runs === runs && history.tasks.filter(({ status }) => status === 'completed').length === 3,
    );
    expect(tasks).toHaveLength(3);
  }
  await remove(schedule);
}, 30_000);

test('what was changed while Temporal could not be told, and what it has lost, is put there afterwards', async () => {
  const schedule = await made({ interval_seconds: 3_600 });
  const real: Schedules = createSchedules(mainspring.client);
  const ref = { orgId: 'demo', scheduleId: schedule.id };
  const away = { ...real, put: async () => Promise.reject(new Error('away')) };
  const { database } = mainspring;
  const cut = createScheduling({ database, schedules: away });
  await expect(cut.change(ref, async () => ({ is_enabled: false }), new Date())).rejects.toThrow('away');
  const whole = createScheduling({ database, schedules: real });
  expect(await whole.applyOverdue(new Date(Date.now() + 1_000))).toBe(1);
  expect(await whole.applyOverdue(new Date(Date.now() + 1_000))).toBe(0);
  expect(await real.describe(ref)).toBeDefined();
  // A repeat of its creation, its answer lost, takes nothing away.
  const row = await getSchedule(database.db, 'demo', schedule.id);
  if (!row) throw new Error('the schedule is not there');
  const again = { id: row.id, orgId: 'demo', columns: columnsOf(row), createdAt: new Date() };
  await expect(cut.create(again)).rejects.toThrow('away');
  expect(await getSchedule(database.db, 'demo', schedule.id)).toBeDefined();
  await real.delete(ref);
  await eventually(
    () => whole.restore(),
    (count) => count > 0,
  );
  expect(await real.describe(ref)).toBeDefined();
  await database.db.deleteFrom('schedules').where('id', '=', schedule.id).execute();
  await whole.restore();
  expect(await real.describe(ref).catch(() => undefined)).toBeUndefined();
}, 30_000);

test('one whose row is gone comes round no more', async () => {
  const schedule = await made({ interval_seconds: 3_600 });
  const ref = { orgId: 'demo', scheduleId: schedule.id };
  await mainspring.database.db.deleteFrom('schedules').where('id', '=', schedule.id).execute();
  const engine = createSchedules(mainspring.client);
  await engine.trigger(ref, undefined);
  await eventually(
    // Temporal may not answer for one that is just going.
    () => engine.describe(ref).catch(() => null),
    (state) => state === undefined,
  );
}, 60_000);
