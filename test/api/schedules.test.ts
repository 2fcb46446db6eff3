import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ScheduleNotFoundError } from '@temporalio/client';
import { MainspringClient } from '../../src/client/index.js';
import { getSchedule } from '../../src/db/schedules.js';
import type { Schedule } from '../../src/schemas/schedule.js';
import { type ScheduleApi, startScheduleApi } from '../support/schedule-api.js';

let on: ScheduleApi;
beforeAll(async () => {
  on = await startScheduleApi();
});
afterAll(() => on.api.close());
const rowOf = ({ id }: Schedule) => getSchedule(on.api.database.db, on.org.orgId, id);

test('a schedule has the defaults of a heartbeat, and stands in Temporal before it is answered', async () => {
  const schedule = await on.made();
  expect(schedule).toMatchObject({
    ...{
      agent_name: on.agent,
      cron_expression: null,
      interval_seconds: 3_600,
      timezone: 'UTC',
      enabled: true,
    },
    ...{ prompt_template: 'Perform your scheduled check.', method_name: null, priority: 7, overlap: 'skip' },
    ...{ delivery: [{ channel: 'log' }], catchup_window_ms: 3_600_000, jitter_ms: 0, ends_at: null },
    ...{ metadata: {}, declared: false, timeout_seconds: null },
  });
  const { spec, policies, state, action } = await on.handleOf(schedule).describe();
  expect(spec.intervals).toMatchObject([{ every: 3_600_000 }]);
  expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 3_600_000 });
  expect(state.paused).toBe(false);
  expect(action).toMatchObject({ priority: { priorityKey: 5, fairnessKey: on.org.orgId } });
  // An interval is counted from when it was made.
  const first = Math.floor(Date.parse(schedule.created_at) / 1_000) * 1_000 + 3_600_000;
  expect(schedule.next_run_at).toBe(new Date(first).toISOString());
  expect((await on.nextOf(`/schedules/${schedule.id}/preview`))[0]).toBe(schedule.next_run_at);
});

test('what is previewed of an expression is what Temporal plans, ten times', async () => {
  for (const expression of [
    '0 9 * * 1-5',
    '*/15 8-10 1,15 * *',
    '0 0 13 * FRI',
    '30 2 * * *',
    '0 10 * * FRI-SUN',
  ]) {
    const zone = 'Europe/Madrid';
    const query = new URLSearchParams({ cron_expression: expression, timezone: zone });
    const shown = await on.nextOf(`/schedules/preview?${query}`);
    expect(shown).toHaveLength(10);
    const schedule = await on.made({
      ...{ interval_seconds: undefined, cron_expression: expression, timezone: zone },
    });
    expect(await on.nextOf(`/schedules/${schedule.id}/preview`)).toEqual(shown);
  }
});

test('its times end where it ends', async () => {
  const endsAt = new Date(Date.now() + 2.5 * 3_600_000).toISOString();
  const schedule = await on.made({ ends_at: endsAt });
  expect(await on.nextOf(`/schedules/${schedule.id}/preview`)).toHaveLength(2);
  const query = new URLSearchParams({ interval_seconds: '3600', ends_at: endsAt });
  expect(await on.nextOf(`/schedules/preview?${query}`)).toHaveLength(2);
});

test.each([
  [{ cron_expression: '0 9 * * *' }, 'cron_expression'],
  [{ interval_seconds: undefined }, 'cron_expression'],
  [{ interval_seconds: 0 }, 'interval_seconds'],
  [{ interval_seconds: 0.5 }, 'interval_seconds'],
  [{ interval_seconds: undefined, cron_expression: '0 0 9 * * *' }, 'cron_expression'],
  [{ interval_seconds: undefined, cron_expression: '0 9 * * MON#1' }, 'cron_expression'],
  [{ interval_seconds: undefined, cron_expression: '0 9 L * *' }, 'cron_expression'],
  [{ interval_seconds: undefined, cron_expression: '0 9 15W * *' }, 'cron_expression'],
  [{ interval_seconds: undefined, cron_expression: '0 9 ? * *' }, 'cron_expression'],
  [{ interval_seconds: undefined, cron_expression: '0 0 31 2 *' }, 'cron_expression'],
  [{ timezone: 'Mars/Olympus' }, 'timezone'],
  [{ ends_at: '2020-01-01T00:00:00Z' }, 'ends_at'],
  [{ agent_name: 'nobody' }, 'agent_name'],
  [{ method_name: 'sleep' }, 'method_name'],
  [{ method_name: 'survey', input: { category: 1 } }, 'input.category'],
  [{ overlap: 'sometimes' }, 'overlap'],
  [{ priority: 'URGENT' }, 'priority'],
  [{ jitter: '2d' }, 'jitter'],
  [{ catchup_window: '1s' }, 'catchup_window'],
  [{ delivery: { channel: 'telegram' } }, 'delivery.telegram_bot_token'],
  [{ delivery: { channel: 'email', email_recipients: ['a@example.com'] } }, 'delivery.channel'],
  [
    { delivery: { channel: 'email', email_recipients: Array(101).fill('a@example.com') } },
    'delivery.email_recipients',
  ],
  [{ actionBundle: { actions: [] } }, 'actionBundle'],
])('%j is refused, naming the field', async (over, path) => {
  const answer = await on.send('/schedules', on.wish(over));
  expect(answer.status).toBe(422);
  expect(answer.problem().errors?.map((error) => error.path)).toContain(path);
});

test('a change reaches Temporal; what it does not name stays', async () => {
  const delivery = { channel: 'webhook', webhook_url: 'https://hook.example.com/?sig=s3cr3t' };
  const schedule = await on.made({ name: 'Hourly', metadata: { a: 1 }, delivery });
  expect(JSON.stringify(schedule)).not.toContain('s3cr3t');
  const stored = (await rowOf(schedule))?.delivery;
  const answer = await on.send(
    `/schedules/${schedule.id}`,
    { cron_expression: '0 6 * * *', overlap: 'buffer_one', jitter: '30s', priority: 'HIGH' },
    'PATCH',
  );
  expect(answer.status).toBe(200);
  expect(answer.json<{ schedule: Schedule }>().schedule).toMatchObject({
    ...{ cron_expression: '0 6 * * *', interval_seconds: null, overlap: 'buffer_one', jitter_ms: 30_000 },
    ...{ name: 'Hourly', metadata: { a: 1 }, priority: 3 },
  });
  expect((await rowOf(schedule))?.delivery).toEqual(stored);
  const { spec, policies, action } = await on.handleOf(schedule).describe();
  expect(spec.intervals).toEqual([]);
  expect(spec.calendars?.[0]).toMatchObject({ hour: [{ start: 6 }] });
  expect(spec.jitter).toBe(30_000);
  expect(policies.overlap).toBe('BUFFER_ONE');
  expect(action).toMatchObject({ priority: { priorityKey: 3, fairnessKey: on.org.orgId } });
});

test('a change that was meant for another revision is refused', async () => {
  const { id } = await on.made();
  const change = (revision: string) =>
    on.api.send(`/schedules/${id}`, {
      ...{ key: on.org.key, method: 'PATCH', body: { name: 'x' }, headers: { 'if-match': revision } },
    });
  expect((await change('"7"')).status).toBe(412);
  expect((await change('"1"')).headers.get('etag')).toBe('"2"');
});

test('a prompt is taken away by null', async () => {
  const asking = await on.made({ method_name: 'survey', input: { category: 'x' }, prompt_template: 'Look.' });
  const change = async ({ id }: Schedule, body: object) =>
    (await on.send(`/schedules/${id}`, body, 'PATCH')).json<{ schedule: Schedule }>().schedule
      .prompt_template;
  expect(asking.prompt_template).toBe('Look.');
  expect(await change(asking, { name: 'x' })).toBe('Look.');
  expect(await change(asking, { prompt_template: null })).toBeNull();
  expect(await change(await on.made({ prompt_template: 'Look.' }), { prompt_template: null })).toBe(
    'Perform your scheduled check.',
  );
});

test('a repeat of a request makes no second one, and a deleted one starts nothing', async () => {
  const headers = { 'idempotency-key': 'once' };
  const create = () => on.api.send('/schedules', { key: on.org.key, body: on.wish(), headers });
  const [first, second] = [await create(), await create()];
  const { schedule } = first.json<{ schedule: Schedule }>();
  expect(second.json<{ schedule: Schedule }>().schedule.id).toBe(schedule.id);
  expect((await on.send(`/schedules/${schedule.id}`, undefined, 'DELETE')).status).toBe(204);
  expect((await on.send(`/schedules/${schedule.id}`, undefined, 'DELETE')).status).toBe(404);
  expect((await on.send(`/schedules/${schedule.id}`)).status).toBe(404);
  await expect(on.handleOf(schedule).describe()).rejects.toThrow(ScheduleNotFoundError);
});

test('lists filter by agent and by what is enabled, and go on page by page', async () => {
  const other = (await on.api.surveyor(on.org)).name;
  const ids = [
    (await on.made({ agent_name: other })).id,
    (await on.made({ agent_name: other, enabled: false })).id,
  ];
  const list = async (query: string) =>
    (await on.send(`/schedules?agent_name=${encodeURIComponent(other)}${query}`)).json<{
      schedules: Schedule[];
      nextCursor: string | null;
    }>();
  expect((await list('')).schedules.map(({ id }) => id)).toEqual(ids.toReversed());
  expect((await list('&enabled=true')).schedules.map(({ id }) => id)).toEqual([ids[0]]);
  const { nextCursor } = await list('&limit=1');
  expect((await list(`&limit=1&cursor=${nextCursor}`)).schedules.map(({ id }) => id)).toEqual([ids[0]]);
});

test('the client has a method for each', async () => {
  const { schedules } = new MainspringClient({ baseUrl: on.api.url, apiKey: on.org.key });
  const agent_name = (await on.api.surveyor(on.org)).name;
  const { id } = await schedules.create({ agent_name, cron_expression: '0 9 * * *', enabled: false });
  expect(await schedules.change(id, { interval_seconds: 60 })).toMatchObject({ interval_seconds: 60 });
  expect((await schedules.resume(id)).enabled).toBe(true);
  expect((await schedules.pause(id)).enabled).toBe(false);
  expect(await schedules.preview(id)).toHaveLength(10);
  expect(await schedules.preview({ interval_seconds: 60 })).toHaveLength(10);
  const taskId = await schedules.trigger(id);
  expect(taskId).toContain(id);
  expect(
    await schedules
      .backfill(id, { from: '2030-01-01T00:00:00Z', to: '2030-01-01T00:00:01Z' })
      .catch(({ code }) => code),
  ).toBe('invalid');
  expect((await schedules.history(id)).runs).toBe(1);
  const listed = [];
  for await (const one of schedules.list({ agent_name, enabled: false })) listed.push(one.id);
  expect(listed).toEqual([id]);
  expect((await schedules.get(id)).agent_name).toBe(agent_name);
  await schedules.delete(id);
  expect(await schedules.get(id).catch(({ code }) => code)).toBe('not_found');
});
