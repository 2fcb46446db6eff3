import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mintAdminToken } from '../../src/api/admin-token.js';
import { createLog } from '../../src/log.js';
import type { Delivery, DeliverySummary } from '../../src/schemas/delivery.js';
import type { Event } from '../../src/schemas/event.js';
import type { Task } from '../../src/schemas/task.js';
import { DEMO_KEY } from '../support/api.js';
import { eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';
import { openReceiver, type Receiver } from '../support/receiver.js';

const lines: string[] = [];
let mainspring: TestMainspring;
let receiver: Receiver;
/** What the receiver answers to a path, the last one for good. */
const answers = new Map<string, number[]>();
beforeAll(async () => {
  receiver = await openReceiver(({ url = '' }, response) => {
    const [next = 200, ...rest] = answers.get(url) ?? [];
    if (rest.length > 0) answers.set(url, rest);
    response.writeHead(next, next === 503 ? { 'retry-after': '1' } : {}).end('the answer');
  });
  mainspring = await startMainspring({
    log: createLog('info', { write: (line: string) => void lines.push(line) }),
  });
});
afterAll(async () => {
  await mainspring.close();
  await receiver.close();
});

const ask = async <T>(path: string, body?: unknown, method?: string) =>
  (await mainspring.send(path, { key: DEMO_KEY, body, ...(method ? { method } : {}) })).json<T>();

/** A task that was carried out, with its result on its way. */
async function carriedOut(delivery: unknown, over: object = {}): Promise<Task> {
  const asked = { agent_name: 'AdminAgent', method_name: 'health', delivery, ...over };
  const { task_id: id } = await ask<{ task_id: string }>('/tasks', asked);
  const { task } = await ask<{ task: Task }>(`/tasks/${id}?wait=20s`);
  return task;
}
const listed = async (id: string) =>
  (await ask<{ deliveries: DeliverySummary[] }>(`/deliveries?taskId=${id}`)).deliveries;
const get = async (id: string) => (await ask<{ delivery: Delivery }>(`/deliveries/${id}`)).delivery;
/** All deliveries of a task, when each has come to its end. */
async function ended({ task_id: id }: Task): Promise<Delivery[]> {
  const rows = await eventually(
    () => listed(id),
    (all) => all.length > 0 && all.every(({ status }) => status !== 'pending'),
  );
  return Promise.all(rows.map((row) => get(row.id)));
}
const hook = (path = `/${randomUUID()}`, ...statuses: number[]) => {
  answers.set(path, statuses);
  return { path, delivery: { channel: 'webhook', webhook_url: receiver.url + path } };
};
const receivedAt = (path: string) => receiver.received.filter((one) => one.path === path);

describe('the result of a task', () => {
  test('reaches a webhook, signed, with these keys and no others', async () => {
    const { path, delivery } = hook();
    const task = await carriedOut(delivery, { metadata: { source: 'a test' } });
    const [told] = await ended(task);
    expect(told).toMatchObject({
      ...{ id: `${task.task_id}.result.0`, channel: 'webhook', status: 'delivered', attemptCount: 1 },
      ...{ taskId: task.task_id, timerId: null, receiver: receiver.url, lastStatusCode: 200 },
    });
    const [request] = receivedAt(path);
    expect(request?.method).toBe('POST');
    expect(request?.headers).toMatchObject({
      'webhook-id': told?.id,
      'webhook-signature': expect.stringMatching(/^v1,/),
    });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      ...{ task_id: task.task_id, agent_name: 'AdminAgent', success: true, error: null },
      ...{ output: task.result?.output, execution_time_ms: task.result?.execution_time_ms },
      metadata: { source: 'a test' },
    });
  });

  test('is a line in the log where nothing else is asked for', async () => {
    const task = await carriedOut(undefined);
    expect(await ended(task)).toMatchObject([{ channel: 'log', status: 'delivered', url: null }]);
    const line = lines.map((text) => JSON.parse(text)).find(({ task: id }) => id === task.task_id);
    expect(line).toMatchObject({ msg: 'Task ended', org: 'demo', agent: 'AdminAgent', status: 'completed' });
  });

  test('reaches all of several channels, each by itself', async () => {
    const [good, bad] = [hook(), hook(undefined, 400)];
    const deliveries = await ended(await carriedOut([{ channel: 'log' }, bad.delivery, good.delivery]));
    const ends = deliveries.map(({ id, status }) => [id.split('.').slice(-2).join('.'), status]).sort();
    expect(ends).toEqual([
      ['result.0', 'delivered'],
      ['result.1', 'dead'],
      ['result.2', 'delivered'],
    ]);
  });

  test('is shown with its task, delivery by delivery', async () => {
    const { delivery } = hook();
    const { task_id: id } = await carriedOut([delivery, { channel: 'log' }]);
    const { task } = await eventually(
      () => ask<{ task: { deliveries: DeliverySummary[] } }>(`/tasks/${id}`),
      (shown) => shown.task.deliveries.every(({ status }) => status === 'delivered'),
    );
    expect(task.deliveries.map(({ channel, taskId }) => [channel, taskId])).toEqual([
      ['webhook', id],
      ['log', id],
    ]);
  });

  test('that was answered 400 is not delivered but dead, after one attempt', async () => {
    const { path, delivery } = hook(undefined, 400);
    const [told] = await ended(await carriedOut(delivery));
    expect(told).toMatchObject({ status: 'dead', attemptCount: 1, lastError: 'status_400' });
    expect(receivedAt(path)).toHaveLength(1);
  });

  test('is tried again when its receiver says later, under its id and with its bytes', async () => {
    const { path, delivery } = hook(undefined, 503, 200);
    const [told] = await ended(await carriedOut(delivery));
    expect(told).toMatchObject({ status: 'delivered', attemptCount: 2, lastStatusCode: 200 });
    expect(told?.attempts.map(({ statusCode }) => statusCode)).toEqual([503, 200]);
    const [first, second] = receivedAt(path);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  });

  test('that died goes out once more when it is asked for', async () => {
    const { path, delivery } = hook(undefined, 400, 200);
    const task = await carriedOut(delivery);
    const [dead] = await ended(task);
    await ask(`/deliveries/${dead?.id}/redeliver`, undefined, 'POST');
    expect(await ended(task)).toMatchObject([{ status: 'delivered', attemptCount: 2 }]);
    expect(receivedAt(path)).toHaveLength(2);
  });

  test('goes out with all that died since a moment', async () => {
    const since = new Date().toISOString();
    const { delivery } = hook(undefined, 404, 200);
    const task = await carriedOut(delivery);
    await ended(task);
    await ask('/deliveries/redeliver', { status: 'dead', since });
    await eventually(
      () => listed(task.task_id),
      (all) => all.every(({ status, attemptCount }) => status === 'delivered' && attemptCount === 2),
    );
  });

  test('is told of a task that was cancelled before it began', async () => {
    const { path, delivery } = hook();
    const scheduled_at = new Date(Date.now() + 3_600_000).toISOString();
    const asked = { agent_name: 'AdminAgent', method_name: 'health', delivery, scheduled_at };
    const { task_id: id } = await ask<{ task_id: string }>('/tasks', asked);
    const { task } = await ask<{ task: Task }>(`/tasks/${id}/cancel`, { reason: 'not needed' });
    await ended(task);
    expect(JSON.parse(receivedAt(path)[0]?.body ?? '')).toMatchObject({
      ...{ task_id: id, success: false, output: null, execution_time_ms: 0 },
      error: expect.stringContaining('not needed'),
    });
  });

  test('is told of in events that name the task', async () => {
    const task = await carriedOut(hook(undefined, 400).delivery);
    const [told] = await ended(task);
    const { events } = await ask<{ events: Event[] }>(`/events?subject=${told?.id}`);
    expect(events).toMatchObject([
      { type: 'delivery.dead', data: { taskId: task.task_id, channel: 'webhook', statusCode: 400 } },
    ]);
    expect(events[0]?.data).not.toHaveProperty('timerId');
  });

  test('is not shown to a key that is limited to tenants: it sees no tasks either', async () => {
    const task = await carriedOut({ channel: 'log' });
    const [told] = await ended(task);
    const key = await limitedKey();
    const answer = await mainspring.send(`/deliveries?taskId=${task.task_id}`, { key });
    expect(answer.json()).toMatchObject({ deliveries: [] });
    expect((await mainspring.send(`/deliveries/${told?.id}`, { key })).status).toBe(404);
  });
});

async function limitedKey(): Promise<string> {
  const token = await mintAdminToken(mainspring.vault, {
    ...{ orgId: 'demo', credentialVersion: 1, now: Date.now() },
  });
  const body = { name: 'limited', tenants: ['agent-9'] };
  return (await mainspring.send('/api-keys', { token, body })).json<{ key: string }>().key;
}
