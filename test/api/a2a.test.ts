import { randomUUID } from 'node:crypto';
import { type StreamResponse, TaskState } from '@a2a-js/sdk';
import type { Client } from '@a2a-js/sdk/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { dataPart, openA2a, type Revision, saying, taskOf, textPart } from '../support/a2a.js';
import { startMainspring, type TestMainspring } from '../support/mainspring.js';
import { type ModelServer, startModelServer } from '../support/model-server.js';

let model: ModelServer;
let mainspring: TestMainspring;
let org: CreatedOrg;
let agentId: string;
const agentName = 'Answerer';
const approving = 'Asker';
/** A model that does not answer: what would wait for a time would hold the process. */
const NEVER = new Promise<void>(() => undefined);

beforeAll(async () => {
  model = await startModelServer();
  mainspring = await startMainspring({
    env: { OPENAI_API_KEY: 'openai-key', OPENAI_BASE_URL: `${model.url}/v1` },
  });
  org = await mainspring.org();
  const admin = async (path: string, body: object) => {
    const answer = await mainspring.send(path, { token: org.adminToken, body });
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.json<{ agent: { id: string } }>();
  };
  agentId = (await admin('/agents', { name: agentName, type: 'ANSWERS', description: 'Answers' })).agent.id;
  const config = { url: `${model.url}/nowhere`, method: 'POST' };
  await admin('/tools', {
    name: 'pay',
    kind: 'http',
    config,
    schema: { input: { type: 'object' } },
    requiresApproval: true,
  });
  await admin('/agents', { name: approving, tools: ['pay'] });
});
afterAll(async () => {
  await mainspring.close();
  await model.close();
});
beforeEach(() => model.reset());

const get = async (id: string) =>
  (await mainspring.send(`/tasks/${id}`, { key: org.key })).json<{ task: Record<string, unknown> }>().task;

async function all(
  stream: AsyncGenerator<StreamResponse>,
): Promise<NonNullable<StreamResponse['payload']>[]> {
  const told = [];
  for await (const { payload } of stream) if (payload) told.push(payload);
  return told;
}

describe.each<Revision>(['1.0', '0.3'])('with a client of A2A %s', (revision) => {
  let client: Client;
  beforeAll(async () => {
    client = await openA2a(`${mainspring.url}/a2a/${agentId}`, { key: org.key, revision });
  });

  test('a message begins a task, which is the same one over HTTP, and its output is an artifact', async () => {
    model.otherwise = { text: 'Nothing is new.' };
    const task = taskOf(await client.sendMessage(saying([textPart('what is new?')])));
    expect(task.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
    expect(task.artifacts).toMatchObject([
      { artifactId: 'output', parts: [{ content: { $case: 'text', value: 'Nothing is new.' } }] },
    ]);
    expect(task.history).toMatchObject([{ parts: [{ content: { value: 'what is new?' } }] }]);
    expect(await get(task.id)).toMatchObject({
      ...{ status: 'completed', prompt: 'what is new?', session_id: task.contextId, agent_name: agentName },
    });
  });

  test('a task that HTTP began is there as well', async () => {
    const body = { agent_name: agentName, prompt: 'what is new?', session_id: `session-${revision}` };
    const { task_id: id } = (await mainspring.send('/tasks', { key: org.key, body })).json<{
      task_id: string;
    }>();
    await mainspring.send(`/tasks/${id}?wait=30s`, { key: org.key });
    const task = await client.getTask({ id, tenant: '' });
    expect([task.contextId, task.status?.state]).toEqual([
      ...[`session-${revision}`, TaskState.TASK_STATE_COMPLETED],
    ]);
  });

  test('the same message again is the same task', async () => {
    const request = saying([textPart('once')], { returnImmediately: true });
    const [first, second] = [await client.sendMessage(request), await client.sendMessage(request)];
    expect(taskOf(second).id).toBe(taskOf(first).id);
  });

  test('a stream tells how it goes, what came of it, and how it ended', async () => {
    model.otherwise = { text: 'Well.' };
    const told = await all(client.sendMessageStream(saying([textPart('how is it?')])));
    expect(told[0]?.$case).toBe('task');
    expect(told.at(-2)).toMatchObject({
      $case: 'artifactUpdate',
      value: { artifact: { artifactId: 'output' } },
    });
    expect(told.at(-1)).toMatchObject({
      ...{ $case: 'statusUpdate', value: { status: { state: TaskState.TASK_STATE_COMPLETED } } },
    });
    const states = told.flatMap((one) => (one.$case === 'statusUpdate' ? [one.value.status?.state] : []));
    expect(states).toContain(TaskState.TASK_STATE_WORKING);
  });

  test('a task is cancelled, once', async () => {
    model.otherwise = { text: 'late', after: NEVER };
    const request = saying([textPart('take your time')], { returnImmediately: true });
    const { id } = taskOf(await client.sendMessage(request));
    expect((await client.cancelTask({ id, tenant: '', metadata: undefined })).status?.state).toBe(
      TaskState.TASK_STATE_CANCELED,
    );
    expect(await get(id)).toMatchObject({ status: 'cancelled' });
    model.otherwise = { text: 'Done.' };
    const ended = taskOf(await client.sendMessage(saying([textPart('quick')])));
    const late = client.cancelTask({ id: ended.id, tenant: '', metadata: undefined });
    await expect(late).rejects.toThrow(/can no longer be cancelled/);
  });

  test('a reader that comes later gets the rest', async () => {
    model.otherwise = { text: 'Well.', delayMs: 1_500 };
    const request = saying([textPart('how is it?')], { returnImmediately: true });
    const { id } = taskOf(await client.sendMessage(request));
    const told = await all(client.resubscribeTask({ id, tenant: '' }));
    expect(told.at(-1)).toMatchObject({ value: { status: { state: TaskState.TASK_STATE_COMPLETED } } });
  });

  test('a task that fails says why', async () => {
    const task = taskOf(
      await client.sendMessage(saying([textPart('x')], { metadata: { timeout_seconds: 1 } })),
    );
    expect(task.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
    model.otherwise = { text: 'late', after: NEVER };
    const slow = saying([textPart('x')], { metadata: { timeout_seconds: 1 } });
    const failed = taskOf(await client.sendMessage(slow));
    expect(failed.status).toMatchObject({
      state: TaskState.TASK_STATE_FAILED,
      message: { parts: [{ content: { value: expect.stringContaining('timeout') } }] },
    });
  });

  test('what is not there is an error of A2A', async () => {
    await expect(client.getTask({ id: randomUUID(), tenant: '' })).rejects.toThrow(/no such task/);
    const method = saying([dataPart({ a: 1 })], { metadata: { skill: 'no_such_method' } });
    await expect(client.sendMessage(method)).rejects.toThrow(/no_such_method|must be one of/);
    const other = saying([textPart('and then?')], { taskId: randomUUID() });
    await expect(client.sendMessage(other)).rejects.toThrow(/no such task/);
  });

  test('the door of the organisation takes tasks of the agent that is named, and lists them', async () => {
    const open = await openA2a(mainspring.url, { token: org.adminToken, revision });
    await expect(open.sendMessage(saying([textPart('x')]))).rejects.toThrow(/name the agent/);
    const named = saying([textPart('x')], { metadata: { agent_name: agentName } });
    const task = taskOf(await open.sendMessage(named));
    expect(task.metadata).toMatchObject({ agent_name: agentName });
    const card = await open.getAgentCard();
    expect(card.skills.map(({ id }) => id).sort()).toEqual([agentName, approving].sort());
  });

  test('a call that waits for a person is input-required, and a message decides', async () => {
    const open = await openA2a(mainspring.url, { key: org.key, revision });
    model.script({ toolCalls: [{ name: 'pay', arguments: { amount: 7 } }] }, { text: 'It was not paid.' });
    const asked = taskOf(
      await open.sendMessage(saying([textPart('pay')], { metadata: { agent_name: approving } })),
    );
    expect(asked.status?.state).toBe(TaskState.TASK_STATE_INPUT_REQUIRED);
    expect(JSON.stringify(asked.status?.message?.parts)).toContain('"amount":7');
    const about = { taskId: asked.id, contextId: asked.contextId };
    await expect(open.sendMessage(saying([textPart('hm')], about))).rejects.toThrow(/approve or reject/);
    const ended = taskOf(await open.sendMessage(saying([textPart('reject too dear')], about)));
    expect(ended.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
    expect(JSON.stringify(model.requests.at(-1)?.body)).toContain('too dear');
  });
});

test('tasks are listed page by page, by conversation', async () => {
  const client = await openA2a(`${mainspring.url}/a2a/${agentId}`, { key: org.key });
  const contextId = randomUUID();
  for (let number = 0; number < 3; number++)
    await client.sendMessage(saying([textPart(`${number}`)], { contextId }));
  const page = { tenant: '', contextId, status: TaskState.TASK_STATE_UNSPECIFIED, pageSize: 2 };
  const first = await client.listTasks({ ...page, pageToken: '', statusTimestampAfter: undefined });
  expect(first.tasks).toHaveLength(2);
  const second = await client.listTasks({
    ...{ ...page, pageToken: first.nextPageToken, statusTimestampAfter: undefined },
  });
  expect([second.tasks.length, second.nextPageToken]).toEqual([1, '']);
});
