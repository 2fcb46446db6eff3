import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { getTask } from '../../src/db/tasks.js';
import { startIntake } from '../../src/intake/intake.js';
import { openStreams, type Streamed, type Streams } from '../support/intake.js';
import { describeRedis } from '../support/redis-server.js';
import { until } from '../support/until.js';

const A_SURVEY = { agent_name: 'MyAgent', method_name: 'survey', input: '{"category":"toys"}' };

describeRedis('the intake', () => {
  let streams: Streams;
  let own: Streamed;
  beforeAll(async () => {
    streams = await openStreams();
  });
  afterAll(() => streams.close());
  beforeEach(() => {
    own = streams.begin();
  });
  afterEach(() => own.close());

  test('makes an entry a task of the organisation', async () => {
    own.start();
    await own.addSurvey('a-task');
    expect(await own.task('a-task')).toMatchObject({
      ...{ org_id: streams.org.orgId, agent_name: 'MyAgent', method: 'survey', status: 'queued' },
      ...{ priority: 5, delivery: [{ channel: 'log' }] },
    });
    await own.settled();
    expect(await own.refusals()).toEqual([]);
  });

  test('takes entries that were added before it began, in their order', async () => {
    const ids = Array.from({ length: 25 }, () => randomUUID());
    for (const id of ids) await own.addSurvey(id);
    const order: string[] = [];
    own.start(
      own.submitting((task) => {
        order.push(task.id);
        return streams.api.context.tasks.submit(task);
      }),
    );
    await until(() => order.length === ids.length);
    await own.settled();
    expect(order).toEqual(ids);
  });

  test('takes the same task once, and tells whoever uses its id for another one', async () => {
    own.start();
    for (const category of ['toys', 'toys', 'books']) await own.addSurvey('once', category);
    await until(async () => (await own.refusals()).length === 1);
    await own.settled();
    expect(await own.task('once')).toMatchObject({ input: { category: 'toys' } });
    expect(await own.refusals()).toEqual([
      {
        ...{ task_id: 'once', agent_name: 'MyAgent', success: false, output: null },
        ...{ error: 'another task has this task_id', execution_time_ms: 0, metadata: {} },
      },
    ]);
  });

  test('an entry and a request over HTTP under the same id are the same task', async () => {
    own.start();
    await own.addSurvey('both-ways');
    await own.task('both-ways');
    const { api, org } = streams;
    const body = { agent_name: 'MyAgent', method_name: 'survey', task_id: 'both-ways' };
    const send = (input: object) => api.send('/tasks', { key: org.key, body: { ...body, input } });
    expect((await send({ category: 'toys' })).status).toBe(202);
    expect((await send({ category: 'books' })).status).toBe(409);
  });

  test.each([
    ['malformed', { payload: '{' }, 'payload: is not valid JSON'],
    ['of an unknown agent', { agent_name: 'Nobody', prompt: 'x' }, 'agent_name: is not the name of an agent'],
    [
      'with an input that its agent does not understand',
      { ...A_SURVEY, input: '{}' },
      'input.category: is required',
    ],
    [
      'with a channel that is not available',
      { ...A_SURVEY, delivery: '{"channel":"email","email_recipients":["a@example.com"]}' },
      'SMTP_URL is not set',
    ],
  ])('answers an entry %s with a failed result, and goes on', async (_, fields, error) => {
    own.start();
    await own.add({ task_id: 'bad', ...(fields as Record<string, string>) });
    const next = randomUUID();
    await own.addSurvey(next);
    await own.task(next);
    await own.settled();
    expect(await own.refusals()).toEqual([
      expect.objectContaining({ task_id: 'bad', success: false, error: expect.stringContaining(error) }),
    ]);
    expect(await own.hasTask('bad')).toBe(false);
  });

  test('tells why an agent takes no tasks now', async () => {
    await streams.api.surveyor(streams.org, { name: 'Resting', lifecycle: 'paused' });
    own.start();
    await own.add({ task_id: 'resting', ...A_SURVEY, agent_name: 'Resting' });
    await until(async () => (await own.refusals()).length === 1);
    expect((await own.refusals())[0]?.error).toContain('Resting takes no tasks');
  });

  test('waits for its organisation', async () => {
    const orgId = `org-${randomUUID()}`;
    own.start({}, { REDIS_ORG: orgId });
    await own.add({ task_id: 'early', ...A_SURVEY, agent_name: 'Surveyor' });
    await streams.api.org(orgId);
    await until(async () => (await getTask(streams.api.database.db, orgId, 'early')) !== undefined);
    expect(await own.refusals()).toEqual([]);
  });

  test('counts what became of entries', async () => {
    own.start();
    for (const id of ['counted', 'counted']) await own.addSurvey(id);
    await own.add({ payload: 'nothing' });
    await until(async () => (await own.refusals()).length === 1);
    const { text } = await streams.api.send('/metrics', { token: streams.org.adminToken });
    for (const outcome of ['taken', 'repeated', 'refused'])
      expect(text).toMatch(new RegExp(`mainspring_intake_entries_total{outcome="${outcome}"} [1-9]`));
  });

  test('is off where no server is configured', () => {
    expect(startIntake({ ...streams.api.context, redis: undefined })).toBeUndefined();
  });
});
