import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Schedule, ScheduleHistory } from '../../src/schemas/schedule.js';
import { type ScheduleApi, startScheduleApi } from '../support/schedule-api.js';

let on: ScheduleApi;
beforeAll(async () => {
  on = await startScheduleApi();
});
afterAll(() => on.api.close());

test('pausing and resuming say so in Temporal, and again is the same', async () => {
  const schedule = await on.made();
  for (const [verb, paused] of [
    ['pause', true],
    ['pause', true],
    ['resume', false],
  ] as const) {
    const answer = await on.send(`/schedules/${schedule.id}/${verb}`, {});
    expect(answer.json<{ schedule: Schedule }>().schedule).toMatchObject({ enabled: !paused });
    expect((await on.handleOf(schedule).describe()).state.paused).toBe(paused);
  }
  const paused = await on.made({ enabled: false });
  expect(paused).toMatchObject({ enabled: false, next_run_at: null });
  expect((await on.handleOf(paused).describe()).state.paused).toBe(true);
});

test('one that Temporal has lost is put there again by whoever asks for it', async () => {
  const schedule = await on.made();
  await on.handleOf(schedule).delete();
  expect(await on.nextOf(`/schedules/${schedule.id}/preview`)).toHaveLength(10);
});

test('a trigger starts a task, and says when it was left out', async () => {
  const schedule = await on.made({ enabled: false });
  const trigger = async (body = {}) =>
    (await on.send(`/schedules/${schedule.id}/trigger`, body)).json<{ task_id: string | null }>().task_id;
  const first = await trigger();
  expect(first).toMatch(new RegExp(`^${schedule.id}-\\d{4}-`));
  // No worker runs, so the first does not end; on a busy machine Temporal may miss it once.
  const answers = [await trigger()];
  if (answers[0] !== null) answers.push(await trigger());
  expect(answers.at(-1)).toBeNull();
  expect(await trigger({ overlap: 'allow_all' })).not.toBeNull();
  const history = (await on.send(`/schedules/${schedule.id}/history`)).json<ScheduleHistory>();
  expect(history).toMatchObject({ runs: 1 + answers.length, missed: 0 });
});

test('a repeat of a trigger or a backfill, its answer lost, runs nothing again', async () => {
  const schedule = await on.made({ enabled: false });
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
  const span = { from: new Date(hour - 7_200_000).toISOString(), to: new Date(hour).toISOString() };
  for (const [verb, body, runs] of [
    ['trigger', { overlap: 'allow_all' }, 1],
    ['backfill', { ...span, overlap: 'allow_all' }, 3],
  ] as const) {
    const headers = { 'idempotency-key': `once-${verb}` };
    const ask = () => on.api.send(`/schedules/${schedule.id}/${verb}`, { key: on.org.key, body, headers });
    const [first, second] = [await ask(), await ask()];
    expect([first.status, second.status, second.text]).toEqual([202, 202, first.text]);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    const taken = async () => (await on.handleOf(schedule).describe()).info.numActionsTaken;
    const until = Date.now() + 5_000;
    while ((await taken()) < runs && Date.now() < until) await new Promise((done) => setTimeout(done, 50));
    await new Promise((done) => setTimeout(done, 300));
    expect(await taken()).toBe(runs);
  }
});

test('runs that are left out are counted', async () => {
  // No worker runs, so the first does not end.
  const schedule = await on.made({ interval_seconds: 1 });
  const until = Date.now() + 15_000;
  const read = async () => (await on.send(`/schedules/${schedule.id}/history`)).json<ScheduleHistory>();
  while ((await read()).skipped < 2 && Date.now() < until) await new Promise((done) => setTimeout(done, 200));
  const { runs, skipped } = await read();
  expect([runs, skipped >= 2]).toEqual([1, true]);
  await on.send(`/schedules/${schedule.id}`, undefined, 'DELETE');
}, 30_000);

test('a backfill runs the moments of a time that has passed', async () => {
  const schedule = await on.made({ interval_seconds: undefined, cron_expression: '*/10 * * * *' });
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
  const at = (minutes: number) => new Date(hour + minutes * 60_000).toISOString();
  const backfill = (body: object) => on.send(`/schedules/${schedule.id}/backfill`, body);
  const answer = await backfill({ from: at(-60), to: at(-30), overlap: 'allow_all' });
  expect(answer.json()).toEqual({ runs: 4 });
  const runs = async () => (await on.handleOf(schedule).describe()).info.numActionsTaken;
  const until = Date.now() + 5_000;
  while ((await runs()) < 4 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await runs()).toBe(4);
  for (const [body, path] of [
    [{ from: at(-60), to: at(120) }, 'to'],
    [{ from: at(-30), to: at(-60) }, 'from'],
    [{ from: '2020-01-01T00:00:00Z', to: at(0) }, 'from'],
  ] as const)
    expect((await backfill(body)).problem().errors?.[0]?.path).toBe(path);
});
