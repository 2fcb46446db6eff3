import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MainspringClient, type TaskMessage } from '../../src/client/index.js';
import { type Answer, type FakeServer, json, openFakeServer, problem } from './fake-server.js';

let server: FakeServer;
const client = () => new MainspringClient({ baseUrl: server.url, apiKey: 'mnt_test' });
const calls = () => server.received.map(({ method, url }) => `${method} ${url}`);
const keys = () => server.received.map(({ headers }) => headers['idempotency-key']);

beforeEach(async () => {
  server = await openFakeServer();
});
afterEach(() => server.close());

test('each method calls its route', async () => {
  const { tasks, executions } = client();
  const one = json(200, { task: { task_id: 'a/1', status: 'completed' } });
  for (const verb of ['cancel', 'approve', 'reject']) server.on(`POST /tasks/a%2F1/${verb}`, one);
  server.on('POST /tasks', json(202, { task_id: 'a/1', status: 'queued' }));
  server.on('GET /tasks/a%2F1', one);
  server.on('GET /tasks?status=failed', json(200, { tasks: [{ task_id: 't1' }], nextCursor: null }));
  server.on('POST /api/agents/execute', json(202, { executionId: 'e1' }));
  server.on('GET /api/agents/e1', json(200, { executionId: 'e1', status: 'running' }));
  server.on('DELETE /api/agents/e1', json(200, { executionId: 'e1', status: 'cancelled' }));
  server.on('GET /api/agents/MARKET/history?limit=2', json(200, { executions: [] }));
  server.on('GET /api/agents/metrics?period=7d', json(200, { agents: [] }));
  server.on('GET /api/agents?type=MARKET', json(200, { agents: [{ agentId: 'a1' }], nextCursor: null }));

  await tasks.submit({ agent_name: 'scout', prompt: 'What is new?' });
  await tasks.get('a/1');
  await tasks.cancel('a/1', { reason: 'late' });
  await tasks.approve('a/1', { decided_by: 'Ada' });
  await tasks.reject('a/1');
  for await (const task of tasks.list({ status: 'failed' })) expect(task.task_id).toBe('t1');
  await executions.execute({ type: 'MARKET', action: 'analyze_market', input: { category: 'books' } });
  await executions.get('e1');
  expect((await executions.cancel('e1')).status).toBe('cancelled');
  await executions.history('MARKET', { limit: 2 });
  await executions.metrics({ period: '7d' });
  for await (const agent of executions.agents({ type: 'MARKET' })) expect(agent.agentId).toBe('a1');
  expect(calls()).toHaveLength(12);
  expect(keys().filter((key) => key !== undefined)).toHaveLength(2);
  expect(server.bodies('POST /tasks/a%2F1/cancel')).toEqual([{ reason: 'late' }]);
});

test('a wait goes on until the end', async () => {
  const is = (status: string) => json(200, { task: { task_id: 't1', status } });
  server.on('GET /tasks/t1?wait=60s', is('running'), is('awaiting_approval'), is('failed'));
  expect((await client().tasks.wait('t1')).status).toBe('failed');
  server.on(
    'GET /api/agents/e1?wait=60s',
    json(200, { status: 'running' }),
    json(200, { status: 'completed' }),
  );
  expect((await client().executions.wait('e1')).status).toBe('completed');
});

describe('a stream', () => {
  const message = (event: string, data: object, id?: string) =>
    `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  /** Writes in pieces, as networks do, and then ends or breaks off. */
  const streams =
    (text: string, end: 'ends' | 'breaks off'): Answer =>
    (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const half = Math.floor(text.length / 2);
      response.write(text.slice(0, half));
      setTimeout(() => {
        response.write(text.slice(half));
        setTimeout(() => (end === 'ends' ? response.end() : response.destroy()), 20);
      }, 20);
    };
  async function heard(): Promise<TaskMessage[]> {
    const all: TaskMessage[] = [];
    for await (const one of client().tasks.stream('t1')) all.push(one);
    return all;
  }
  const started = message('task.started', { type: 'task.started' }, '1-1');
  const tool = message('task.tool_called', { type: 'task.tool_called' }, '1-2');
  const completed = message('task.completed', { type: 'task.completed' }, '1-3');

  test('tells events, text and answers until it ends', async () => {
    const said =
      message('text', { text: 'Grüße' }) + message('answer', { place: 'execute.0', text: 'Grüße' });
    server.on('GET /tasks/t1/stream', streams(`: hello\n\n${started}${said}${completed}`, 'ends'));
    expect(await heard()).toEqual([
      { kind: 'event', event: { type: 'task.started' } },
      { kind: 'text', text: 'Grüße' },
      { kind: 'answer', place: 'execute.0', text: 'Grüße' },
      { kind: 'event', event: { type: 'task.completed' } },
    ]);
    expect(server.received[0]?.headers).toMatchObject({
      accept: 'text/event-stream',
      'x-api-key': 'mnt_test',
    });
  });

  test('goes on after what it told when it breaks off, or the server stops', async () => {
    server.on(
      'GET /tasks/t1/stream',
      streams(started, 'breaks off'),
      streams(tool, 'ends'),
      streams(completed, 'ends'),
    );
    expect((await heard()).map((one) => one.kind === 'event' && one.event.type)).toEqual([
      'task.started',
      'task.tool_called',
      'task.completed',
    ]);
    const lastIds = server.received.map(({ headers }) => headers['last-event-id']);
    expect(lastIds).toEqual([undefined, '1-1', '1-2']);
  });

  test('of what the server has forgotten is empty', async () => {
    server.on('GET /tasks/t1/stream', streams(': hello\n\n', 'ends'));
    expect(await heard()).toEqual([]);
    server.on('GET /tasks/t1/stream', json(204));
    expect(await heard()).toEqual([]);
  });

  test('that is refused says why', async () => {
    server.on('GET /tasks/t1/stream', problem(404, 'not_found'));
    await expect(heard()).rejects.toMatchObject({ code: 'not_found' });
  });

  test('can be left', async () => {
    server.on('GET /tasks/t1/stream', (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(started);
    });
    for await (const { kind } of client().tasks.stream('t1')) {
      expect(kind).toBe('event');
      break;
    }
    const leaving = AbortSignal.timeout(50);
    const reading = (async () => {
      for await (const { kind } of client().tasks.stream('t1', { signal: leaving }))
        expect(kind).toBe('event');
    })();
    await expect(reading).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
