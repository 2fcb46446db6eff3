import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { getSchedule, type ScheduleRow } from '../../src/db/schedules.js';
import { CycleRefused, createSchedules, type Schedules, type TaskCycle } from '../../src/engine/schedules.js';
import { temporalScheduleId } from '../../src/messages/task.js';
import { createScheduling } from '../../src/schedules/scheduling.js';
import type { Schedule, ScheduleHistory } from '../../src/schemas/schedule.js';
import { DEMO_KEY } from '../support/api.js';
import { silentLog } from '../support/databases.js';
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
  const cut = createScheduling({ database, schedules: away, log: silentLog });
  await expect(cut.change(ref, async () => ({ is_enabled: false }), new Date())).rejects.toThrow('away');
  const whole = createScheduling({ database, schedules: real, log: silentLog });
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

test('one that was acknowledged stays, though the request that first made it fails afterwards', async () => {
  const schedule = await made({ interval_seconds: 3_600 });
  const { database } = mainspring;
  const row = await getSchedule(database.db, 'demo', schedule.id);
  if (!row) throw new Error('the schedule is not there');
  const wanted = { id: `${row.id}-2`, orgId: 'demo', columns: columnsOf(row), createdAt: new Date() };
  const real = createSchedules(mainspring.client);
  const whole = createScheduling({ database, schedules: real, log: silentLog });
  // The repeat comes while the first waits for Temporal.
  const put = async () => {
    expect(await whole.create(wanted)).toMatchObject({ applied_revision: 1 });
    throw new Error('lost');
  };
  const slow = createScheduling({ database, schedules: { ...real, put }, log: silentLog });
  await expect(slow.create(wanted)).rejects.toThrow('lost');
  expect(await getSchedule(database.db, 'demo', wanted.id)).toBeDefined();
  expect(await real.describe({ orgId: 'demo', scheduleId: wanted.id })).toBeDefined();
  for (const id of [wanted.id, row.id]) await whole.remove({ orgId: 'demo', scheduleId: id });
}, 30_000);

test('what Temporal refuses is not made, and not changed', async () => {
  const schedule = await made({ interval_seconds: 3_600 });
  const ref = { orgId: 'demo', scheduleId: schedule.id };
  const { database } = mainspring;
  const read = () => getSchedule(database.db, 'demo', schedule.id);
  const row = await read();
  if (!row) throw new Error('the schedule is not there');
  const real = createSchedules(mainspring.client);
  const put = async () => Promise.reject(new CycleRefused('never'));
  const refusing = createScheduling({ database, schedules: { ...real, put }, log: silentLog });
  await expect(
    refusing.change(ref, async () => ({ name: 'Other', is_enabled: false }), new Date()),
  ).rejects.toThrow(CycleRefused);
  expect({ ...(await read()), revision: 1 }).toEqual(row);
  const wanted = { id: `${row.id}-3`, orgId: 'demo', columns: columnsOf(row), createdAt: new Date() };
  await expect(refusing.create(wanted)).rejects.toThrow(CycleRefused);
  expect(await getSchedule(database.db, 'demo', wanted.id)).toBeUndefined();
  await remove(schedule);
}, 30_000);

test('one that Temporal does not take holds up no other, and the start goes on', async () => {
  const [bad, good] = [await made({ interval_seconds: 3_600 }), await made({ interval_seconds: 3_600 })];
  const { database } = mainspring;
  const real = createSchedules(mainspring.client);
  for (const { id } of [bad, good]) await real.delete({ orgId: 'demo', scheduleId: id });
  const put = async (cycle: TaskCycle) =>
    cycle.scheduleId === bad.id ? Promise.reject(new CycleRefused('never')) : real.put(cycle);
  const warnings: object[] = [];
  const warn = (fields: object) => void warnings.push(fields);
  const scheduling = createScheduling({ database, schedules: { ...real, put }, log: { warn } });
  // Temporal lists what was deleted for a while.
  await eventually(
    async () => {
      await scheduling.restore();
      return real.describe({ orgId: 'demo', scheduleId: good.id });
    },
    (restored) => warnings.length > 0 && restored !== undefined,
  );
  expect(warnings).toContainEqual(expect.objectContaining({ org: 'demo', schedule: bad.id }));
  await database.db.updateTable('schedules').set({ applied_revision: 0 }).execute();
  expect(await scheduling.applyOverdue(new Date(Date.now() + 1_000))).toBeGreaterThan(0);
  for (const one of [bad, good]) await remove(one);
}, 30_000);

test('what two changes told Temporal in the wrong order is put right at the next start', async () => {
  const schedule = await made({ interval_seconds: 3_600 });
  const ref = { orgId: 'demo', scheduleId: schedule.id };
  const { database } = mainspring;
  const real = createSchedules(mainspring.client);
  const scheduling = createScheduling({ database, schedules: real, log: silentLog });
  const heard: TaskCycle[] = [];
  const put = async (cycle: TaskCycle) => {
    heard.push(cycle);
    return real.put(cycle);
  };
  const listening = createScheduling({ database, schedules: { ...real, put }, log: silentLog });
  await listening.apply(ref);
  await scheduling.change(ref, async () => ({ interval_ms: 60_000 }), new Date());
  const [old] = heard;
  if (!old) throw new Error('Temporal was told nothing');
  await real.put(old);
  const every = async () => {
    const handle = mainspring.client.schedule.getHandle(temporalScheduleId(ref));
    return (await handle.describe()).spec.intervals?.[0]?.every;
  };
  expect(await every()).toBe(3_600_000);
  await eventually(
    () => scheduling.restore().then(every),
    (interval) => interval === 60_000,
  );
  await remove(schedule);
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
