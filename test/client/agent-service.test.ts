import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MainspringClient } from '../../src/client/index.js';
import { type FakeServer, json, openFakeServer, problem } from './fake-server.js';

let server: FakeServer;
const client = () => new MainspringClient({ baseUrl: server.url, apiKey: 'mnt_test' });
const TASK = { agent_name: 'MyAgent', prompt: 'Quick question' };

beforeEach(async () => {
  server = await openFakeServer();
  server.on('POST /tasks', json(202, { task_id: 't1', status: 'queued' }));
});
afterEach(() => server.close());

const is = (status: string, result: object | null = null) =>
  json(200, { task: { task_id: 't1', status, result } });
const reads = () => server.received.filter(({ method }) => method === 'GET');

test('a task is submitted once, and its id answered', async () => {
  expect(await client().submitTask(TASK)).toBe('t1');
  expect(server.received).toMatchObject([{ method: 'POST', url: '/tasks', body: TASK }]);
  expect(server.received[0]?.headers['idempotency-key']).toBeDefined();
});

test('a result is waited for however often the server lets go', async () => {
  const result = { task_id: 't1', success: true, output: 'forty-two' };
  server.on('GET /tasks/t1?wait=60000ms', is('running'), is('awaiting_approval'), is('completed', result));
  expect(await client().submitAndWait(TASK)).toEqual(result);
  expect(reads()).toHaveLength(3);
});

test('a failure is a result as well', async () => {
  const result = { task_id: 't1', success: false, error: { category: 'model', message: 'none answered' } };
  server.on('GET /tasks/t1?wait=60000ms', is('failed', result));
  expect(await client().submitAndWait(TASK, { timeoutSeconds: 90 })).toEqual(result);
});

test('when the time is up there is none; nothing is waited for longer, and nothing is cancelled', async () => {
  server.on('GET /tasks/t1', is('running'));
  expect(await client().submitAndWait(TASK, { timeoutSeconds: 0 })).toBeNull();
  expect(server.received.map(({ method }) => method)).toEqual(['POST', 'GET']);
});

test('what is refused says why', async () => {
  server.on('POST /tasks', problem(422, 'invalid'));
  await expect(client().submitAndWait(TASK, { timeoutSeconds: 1 })).rejects.toMatchObject({
    code: 'invalid',
  });
});

test('the status is that of the service', async () => {
  const status = { running: true, queue_size: 3, active_workers: 2, available_slots: 8, heartbeats: 3 };
  server.on('GET /status', json(200, status));
  expect(await client().getStatus()).toEqual(status);
});
