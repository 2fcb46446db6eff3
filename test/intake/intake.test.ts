import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { getTask } from '../../src/db/tasks.js';
import { readEntry } from '../../src/intake/entry.js';
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
    expect(await own.results()).toEqual([]);
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
    await until(async () => (await own.results()).length === 1);
    await own.settled();
    expect(await own.task('once')).toMatchObject({ input: { category: 'toys' } });
    expect(await own.results()).toEqual([
      {
        ...{ task_id: 'once', agent_name: 'MyAgent', success: false, output: null },
        ...{ error: 'another task has this task_id', execution_time_ms: 0, metadata: {} },
      },
    ]);
  });

  test('tells the result once more to whoever sends a task again that has ended', async () => {
    own.start();
    await own.addSurvey('ended');
    const { org_id: orgId } = await own.task('ended');
    const end = { status: 'completed', output: 'toys', error: null, at: new Date() } as const;
    await streams.api.context.tasks.end({ orgId, taskId: 'ended' }, end);
    await own.settled();
    await own.addSurvey('ended');
    await until(async () => (await own.results()).length === 1);
    await own.settled();
    expect(await own.results()).toMatchObject([{ task_id: 'ended', success: true, output: 'toys' }]);
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
    expect(await own.results()).toEqual([
      expect.objectContaining({ task_id: 'bad', success: false, error: expect.stringContaining(error) }),
    ]);
    expect(await own.hasTask('bad')).toBe(false);
  });

  test('tells why an agent takes no tasks now', async () => {
    await streams.api.surveyor(streams.org, { name: 'Resting', lifecycle: 'paused' });
    own.start();
    await own.add({ task_id: 'resting', ...A_SURVEY, agent_name: 'Resting' });
    await until(async () => (await own.results()).length === 1);
    expect((await own.results())[0]?.error).toContain('Resting takes no tasks');
  });

  test('gives up what it cannot even read, and goes on with what waits behind it', async () => {
    own.start({
      read(entry, stream) {
        if (entry.fields.task_id === 'odd') throw new TypeError('unforeseen');
        return readEntry(entry, stream);
      },
    });
    await own.add({ task_id: 'odd', ...A_SURVEY });
    await own.addSurvey('behind');
    await own.task('behind');
    expect(await own.results()).toMatchObject([
      { task_id: 'odd', agent_name: 'MyAgent', success: false, error: 'an unexpected error; the log has it' },
    ]);
  });

  test('waits for its organisation', async () => {
    const orgId = `org-${randomUUID()}`;
    own.start({}, { REDIS_ORG: orgId });
    await own.add({ task_id: 'early', ...A_SURVEY, agent_name: 'Surveyor' });
    await streams.api.org(orgId);
    await until(async () => (await getTask(streams.api.database.db, orgId, 'early')) !== undefined);
    expect(await own.results()).toEqual([]);
  });

  test('counts what became of entries', async () => {
    own.start();
    for (const id of ['counted', 'counted']) await own.addSurvey(id);
    await own.add({ payload: 'nothing' });
    await until(async () => (await own.results()).length === 1);
    const { text } = await streams.api.send('/metrics', { token: streams.org.adminToken });
    for (const outcome of ['taken', 'repeated', 'refused'])
      expect(text).toMatch(new RegExp(`mainspring_intake_entries_total{outcome="${outcome}"} [1-9]`));
  });

  test('is off where no server is configured', () => {
    expect(startIntake({ ...streams.api.context, redis: undefined })).toBeUndefined();
  });
});
