import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { AgentRow } from '../../src/db/agents.js';
import type { Answer, Sent } from '../support/api.js';
import { aMailAgent } from '../support/mail.js';
import { startTaskApi, type TaskApi } from '../support/task-api.js';
import { aTask } from '../support/tasks.js';

let api: TaskApi;
let org: CreatedOrg;
let agent: AgentRow;
beforeAll(async () => {
  api = await startTaskApi();
  org = await api.org();
  agent = await api.surveyor(org, { name: 'canary', description: 'A canary' });
});
afterAll(() => api.close());

const CARD = '/.well-known/agent-card.json';
const rpc = (method: string, params: unknown = {}) => ({ jsonrpc: '2.0', id: 1, method, params });
const post = (path: string, body: unknown, sent: Sent = {}) =>
  api.send(path, { key: org.key, body, ...sent });
const errorOf = (answer: Answer) => {
  expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('"error"')]);
  return answer.json<{ error: { code: number; message: string } }>().error;
};
const said = (over: object = {}) => ({
  message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: 'x' }], ...over },
});

describe('the card', () => {
  test('of the server is open, and tells nothing of an organisation', async () => {
    const answer = await api.send(CARD, { headers: { 'x-forwarded-for': '203.0.113.9' } });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      ...{
        name: 'Mainspring',
        url: `${api.url}/a2a`,
        protocolVersion: '0.3.0',
        preferredTransport: 'JSONRPC',
      },
      supportedInterfaces: [{ protocolVersion: '1.0' }, { protocolVersion: '0.3' }],
      skills: [{ id: 'delegate' }],
    });
    expect(answer.text).not.toContain('canary');
  });

  test('of an agent has a skill for each of its methods, and is for its organisation alone', async () => {
    const path = `/a2a/${agent.id}${CARD}`;
    const answer = await api.send(path, { key: org.key });
    expect(answer.json()).toMatchObject({
      ...{ name: 'canary', description: 'A canary', url: `${api.url}/a2a/${agent.id}` },
      skills: [{ id: 'survey', description: 'Surveys a category', tags: ['SURVEY'] }, { id: 'prompt' }],
    });
    const { key } = await api.org();
    const unknown = await api.send(`/a2a/${randomUUID()}${CARD}`, { key });
    const foreign = await api.send(path, { key });
    expect([foreign.status, foreign.problem().detail]).toEqual([404, unknown.problem().detail]);
    expect((await api.send(path, { headers: { 'x-forwarded-for': '203.0.113.9' } })).status).toBe(401);
  });
});

describe('a caller', () => {
  test.each(['GetTask', 'tasks/get'])(
    'finds no task of another organisation or agent: %s',
    async (method) => {
      const task = await aTask(api.database, agent);
      const ask = (path: string, id: string, key = org.key) => post(path, rpc(method, { id }), { key });
      expect((await ask('/a2a', task.id)).text).toContain(task.id);
      const { key } = await api.org();
      const foreign = errorOf(await ask('/a2a', task.id, key));
      expect(foreign).toEqual(errorOf(await ask('/a2a', randomUUID(), key)));
      expect(foreign.code).toBe(-32001);
      const other = await api.surveyor(org, { name: `other ${randomUUID()}` });
      expect(errorOf(await ask(`/a2a/${other.id}`, task.id))).toEqual(foreign);
      expect((await ask(`/a2a/${agent.id}`, task.id, key)).status).toBe(404);
      const cancelled = errorOf(await post('/a2a', rpc('CancelTask', { id: task.id }), { key }));
      expect(cancelled.code).toBe(-32001);
      expect((await ask('/a2a', task.id)).text).toMatch(/submitted|SUBMITTED/);
    },
  );

  test('needs a credential that may give tasks', async () => {
    const body = rpc('GetTask', { id: randomUUID() });
    const { token } = await aMailAgent(api, org.orgId);
    expect((await api.send('/a2a', { token, body })).status).toBe(403);
    const elsewhere = await api.send('/a2a', { body, headers: { 'x-forwarded-for': '203.0.113.9' } });
    expect([elsewhere.status, elsewhere.headers.get('www-authenticate')]).toEqual([
      ...[401, expect.stringContaining('Bearer')],
    ]);
  });

  test('asks a method by its skill, with its input', async () => {
    const parts = [{ data: { category: 'shoes' } }];
    const message = said({ parts, metadata: { skill: 'survey', priority: 'HIGH' } });
    const configuration = { returnImmediately: true };
    const answer = await post(`/a2a/${agent.id}`, rpc('SendMessage', { ...message, configuration }));
    const { result } = answer.json<{ result: { task: { id: string } } }>();
    const shown = await api.send(`/tasks/${result.task.id}`, { key: org.key });
    expect(shown.json()).toMatchObject({
      task: { method_name: 'survey', input: { category: 'shoes' }, priority: 3 },
    });
    const wrong = said({ parts: [{ data: { category: 7 } }], metadata: { skill: 'survey' } });
    const refused = errorOf(await post(`/a2a/${agent.id}`, rpc('SendMessage', wrong)));
    expect(refused.message).toContain('input.category');
  });
});

describe('a list', () => {
  type Listed = { tasks?: { id: string }[]; nextPageToken: string };
  const list = async (params: object) => {
    const answer = await post(`/a2a/${agent.id}`, rpc('ListTasks', params));
    return answer.json<{ result: Listed }>().result;
  };
  const idsOf = ({ tasks = [] }: Listed) => tasks.map(({ id }) => id);

  test('of a state has all tasks that are in it, page by page', async () => {
    const contextId = randomUUID();
    const over = { sessionId: contextId };
    const ended = (['timed_out', 'failed', 'timed_out', 'completed'] as const).map(async (status) => {
      const { id } = await aTask(api.database, agent, over);
      await api.database.db
        .updateTable('tasks')
        .set({ status, completed_at: new Date() })
        .where('id', '=', id)
        .execute();
      return id;
    });
    const ids = await Promise.all(ended);
    const about = { contextId, status: 'TASK_STATE_FAILED', pageSize: 2 };
    const first = await list(about);
    const second = await list({ ...about, pageToken: first.nextPageToken });
    const listed = [...idsOf(first), ...idsOf(second)];
    expect([idsOf(first).length, second.nextPageToken]).toEqual([2, '']);
    expect(listed.sort()).toEqual(ids.slice(0, 3).sort());
  });

  test('of a state that nothing is ever in is empty', async () => {
    await aTask(api.database, agent);
    expect(idsOf(await list({ status: 'TASK_STATE_REJECTED' }))).toEqual([]);
  });

  test('since a moment leaves out what has been as it is for longer', async () => {
    const contextId = randomUUID();
    const over = { sessionId: contextId };
    await aTask(api.database, agent, { ...over, createdAt: new Date('2020-01-01T00:00:00Z') });
    const { id } = await aTask(api.database, agent, over);
    const since = { contextId, statusTimestampAfter: '2021-01-01T00:00:00Z' };
    expect(idsOf(await list(since))).toEqual([id]);
  });
});

test('a decision that comes too late is no failure to cancel', async () => {
  const task = await aTask(api.database, agent);
  const waiting = api.database.db.updateTable('tasks').set({ status: 'awaiting_approval' });
  await waiting.where('id', '=', task.id).execute();
  // None of its calls waits (any more).
  const body = rpc('SendMessage', said({ taskId: task.id, parts: [{ text: 'approve' }] }));
  expect(errorOf(await post(`/a2a/${agent.id}`, body))).toMatchObject({ code: -32004 });
});

describe('what no client sends', () => {
  test.each<[string, Sent, number]>([
    ['no JSON', { body: '{' }, 400],
    ['no JSON-RPC', { body: {} }, 422],
    ['a batch', { body: [rpc('GetTask')] }, 422],
    ['another media type', { body: '{}', headers: { 'content-type': 'text/plain' } }, 415],
  ])('%s is answered with a problem', async (_, sent, status) => {
    const answer = await api.send('/a2a', { key: org.key, ...sent });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      ...[status, expect.stringContaining('application/problem+json')],
    ]);
  });

  test.each([
    rpc('NoSuchMethod'),
    rpc('constructor'),
    rpc('tasks/no-such'),
    rpc('GetTask', []),
    rpc('GetTask', { id: '../agents' }),
    rpc('GetTask', { id: { $ne: 1 } }),
    rpc('SendMessage', {}),
    rpc('SendMessage', { message: 7 }),
    rpc('SendMessage', said({ parts: 'x' })),
    rpc('SendMessage', said({ parts: [] })),
    rpc('SendMessage', said({ parts: [{ raw: 'AAAA' }] })),
    rpc('SendMessage', said({ parts: [{ data: [1] }] })),
    rpc('SendMessage', said({ metadata: { skill: { a: 1 } } })),
    rpc('SendMessage', said({ metadata: { priority: 'SOON' } })),
    rpc('SendMessage', said({ contextId: 'x'.repeat(300) })),
    rpc('SendMessage', said({ taskId: randomUUID() })),
    rpc('SendMessage', {
      ...said(),
      configuration: { taskPushNotificationConfig: { url: 'http://10.0.0.1/' } },
    }),
    rpc('message/send', { message: 7 }),
    rpc('message/send', {
      message: { kind: 'message', messageId: 'a', role: 'user', parts: [{ kind: 'file' }] },
    }),
    rpc('message/stream', {}),
    rpc('SendStreamingMessage', { message: { parts: {} } }),
    rpc('SubscribeToTask', { id: randomUUID() }),
    rpc('ListTasks', { pageToken: 'x', pageSize: -1 }),
    rpc('ListTasks', { pageToken: '0.x' }),
    rpc('ListTasks', { statusTimestampAfter: 'x' }),
    rpc('CreateTaskPushNotificationConfig', { taskId: 'x', url: 'http://10.0.0.1/' }),
    rpc('tasks/pushNotificationConfig/set', {}),
  ])('is an error of A2A, which tells nothing of the inside: %j', async (body) => {
    const { code, message } = errorOf(await post(`/a2a/${agent.id}`, body));
    expect(code).toBeLessThan(-32_000);
    expect(message).not.toMatch(/undefined|is not a function|Cannot read|node_modules/);
  });

  test('another version of A2A is refused', async () => {
    const headers = { 'a2a-version': '9.9' };
    const { code } = errorOf(await post('/a2a', rpc('GetTask', { id: randomUUID() }), { headers }));
    expect(code).toBe(-32009);
  });
});
