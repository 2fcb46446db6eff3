import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { taskWorkflowId } from '../../src/messages/task.js';
import { DEMO_KEY } from '../support/api.js';
import { startMainspring, type TestMainspring } from '../support/mainspring.js';

let mainspring: TestMainspring;
beforeAll(async () => {
  mainspring = await startMainspring();
});
afterAll(() => mainspring.close());

// biome-ignore lint/suspicious/noExplicitAny: what is answered is checked by what is expected of it.
type Body = any;

async function call(path: string, body?: unknown): Promise<{ status: number; body: Body }> {
  const answer = await mainspring.send(path, { key: DEMO_KEY, body });
  return { status: answer.status, body: answer.json() };
}
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const submit = (over: object) =>
  call('/tasks', {
    ...{ task_id: randomUUID(), agent_name: 'AdminAgent', method_name: 'health', delivery: [] },
    ...over,
  });

test('a task starts at the moment that was asked for, not before', async () => {
  const startsAt = inMs(1_500);
  const { status, body } = await submit({ scheduled_at: startsAt });
  expect([status, body.status]).toEqual([202, 'scheduled']);
  const { body: waiting } = await call(`/tasks/${body.task_id}`);
  expect(waiting.task).toMatchObject({ status: 'scheduled', scheduled_at: startsAt, started_at: null });
  const listed = await call('/tasks?status=scheduled');
  expect(listed.body.tasks.map(({ task_id: id }: Body) => id)).toEqual([body.task_id]);
  const { body: ended } = await call(`/tasks/${body.task_id}?wait=20s`);
  expect(ended.task.status).not.toBe('scheduled');
  expect(Date.parse(ended.task.started_at)).toBeGreaterThanOrEqual(Date.parse(startsAt));
});

test('the same request again is the same task, still scheduled', async () => {
  const request = { task_id: randomUUID(), scheduled_at: inMs(3_600_000) };
  expect((await submit(request)).body).toEqual({ task_id: request.task_id, status: 'scheduled' });
  expect((await submit(request)).body).toEqual({ task_id: request.task_id, status: 'scheduled' });
});

test('one that was cancelled before its moment never starts', async () => {
  const { body } = await submit({ scheduled_at: inMs(1_000) });
  const cancelled = await call(`/tasks/${body.task_id}/cancel`, {});
  expect(cancelled.body.task).toMatchObject({ status: 'cancelled', started_at: null });
  await mainspring.workflows
    .getHandle(taskWorkflowId({ orgId: 'demo', taskId: body.task_id }))
    .result()
    .catch(() => undefined);
  expect((await call(`/tasks/${body.task_id}`)).body.task).toMatchObject({
    status: 'cancelled',
    started_at: null,
  });
});

test('the row decides when it starts, whatever a start that got no answer had asked for', async () => {
  const { database, starter } = mainspring;
  const [early, late] = [randomUUID(), randomUUID()];
  const about = { priority: 5, agentId: 'none' };
  await starter.startTask({ orgId: 'demo', taskId: early }, about);
  const startsAt = inMs(1_500);
  await submit({ task_id: early, scheduled_at: startsAt });
  await starter.startTask({ orgId: 'demo', taskId: late }, { ...about, startsAt: new Date(inMs(3_600_000)) });
  await submit({ task_id: late });
  await database.db
    .updateTable('tasks')
    .set({ overdue_at: new Date(0) })
    .where('id', '=', late)
    .execute();
  const { body } = await call(`/tasks/${early}?wait=20s`);
  expect(Date.parse(body.task.started_at)).toBeGreaterThanOrEqual(Date.parse(startsAt));
  expect((await call(`/tasks/${late}?wait=30s`)).body.task.started_at).not.toBeNull();
}, 60_000);

test('a moment that has passed means at once', async () => {
  const { body } = await submit({ scheduled_at: inMs(-60_000) });
  expect(body.status).toBe('queued');
  expect((await call(`/tasks/${body.task_id}?wait=20s`)).body.task.completed_at).not.toBeNull();
});

test.each([
  ['more than 5 years ahead', inMs(6 * 365 * 86_400_000), 'must not be more than 5 years ahead'],
  ['without its offset', '2030-01-31T09:00:00', 'must be an ISO 8601 time'],
])('a moment %s is refused', async (_, at, words) => {
  const { status, body } = await submit({ scheduled_at: at });
  expect([status, body.errors[0].path]).toEqual([422, 'scheduled_at']);
  expect(body.errors[0].message).toContain(words);
});
