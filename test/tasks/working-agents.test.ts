import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { taskWorkflowId } from '../../src/messages/task.js';
import { DEMO_KEY } from '../support/api.js';
import { startMainspring, type TestMainspring } from '../support/mainspring.js';
import { type ModelServer, startModelServer } from '../support/model-server.js';
import { until } from '../support/until.js';

let model: ModelServer;
let mainspring: TestMainspring;
beforeAll(async () => {
  model = await startModelServer();
  mainspring = await startMainspring({
    env: {
      ...{ GOOGLE_API_KEY: 'google-key', GOOGLE_BASE_URL: `${model.url}/v1beta` },
      ...{ OPENAI_API_KEY: 'openai-key', OPENAI_BASE_URL: `${model.url}/v1` },
    },
  });
});
afterAll(async () => {
  await mainspring.close();
  await model.close();
});
beforeEach(() => model.reset());

// biome-ignore lint/suspicious/noExplicitAny: what is answered is checked by what is expected of it.
type Body = any;

async function call(
  path: string,
  body?: unknown,
  over: { token?: string; method?: string } = {},
): Promise<Body> {
  const credential = over.token ? { token: over.token } : { key: DEMO_KEY };
  const answer = await mainspring.send(path, {
    ...credential,
    body,
    ...(over.method ? { method: over.method } : {}),
  });
  if (answer.status > 299) throw new Error(`${path}: ${answer.text}`);
  return answer.text === '' ? null : answer.json();
}
const adminToken = () => {
  const fact = mainspring.api.facts.find(([label]) => label === 'Admin token');
  return fact?.[1] ?? '';
};
const createAgent = async (over: object = {}): Promise<Body> =>
  (await call('/agents', { name: `agent ${randomUUID()}`, ...over }, { token: adminToken() })).agent;
const submit = async (agent: Body, over: object = {}): Promise<string> =>
  (await call('/tasks', { agent_name: agent.name, prompt: 'what is new?', ...over })).task_id;
const ended = async (id: string): Promise<Body> => (await call(`/tasks/${id}?wait=30s`)).task;
const ask = async (agent: Body, over: object = {}): Promise<Body> => ended(await submit(agent, over));

async function execute(type: string, action: string, input: object): Promise<Body> {
  const { executionId } = await call('/api/agents/execute', { type, action, input });
  return call(`/api/agents/${executionId}?wait=30s`);
}

describe('without a model', () => {
  test('analyze_market answers from the data', async () => {
    const execution = await execute('MARKET', 'analyze_market', { category: 'electronics' });
    expect(execution).toMatchObject({ status: 'completed', costUsd: expect.anything(), type: 'MARKET' });
    expect(execution.toolCalls.map(({ name }: Body) => name)).toContain('analyze_market_price');
    expect(execution.output).toBeTruthy();
  });

  test.each([
    ['SCHEDULER', 'schedule', { cron: '0 9 * * 9', prompt: 'x' }, 'cron:'],
    ['ADMIN', 'query', { sql: 'delete from sales' }, 'syntax error'],
    ['ADMIN', 'delegate', { agent: 'Nobody', prompt: 'x' }, 'there is no agent "Nobody"'],
  ])('%s %s says that it was asked wrongly', async (type, action, input, words) => {
    const { status, error } = await execute(type, action, input);
    expect([status, error.category]).toEqual(['failed', 'invalid_input']);
    expect(error.message).toContain(words);
  });
});

describe('a conversation', () => {
  test('calls the tools that the model asks for and ends with its answer', async () => {
    const agent = await createAgent({ tools: ['get_listings', 'get_system_health'] });
    model.script(
      {
        toolCalls: [
          { name: 'get_listings', arguments: { limit: 1 } },
          { name: 'get_system_health', arguments: {} },
        ],
      },
      { text: 'All is well.' },
    );
    const task = await ask(agent);
    expect(task).toMatchObject({
      ...{ status: 'completed', model: expect.stringContaining('gemini') },
      result: { success: true, output: 'All is well.' },
    });
    expect(task.tool_calls.map(({ name, status }: Body) => [name, status])).toEqual([
      ['get_listings', 'completed'],
      ['get_system_health', 'completed'],
    ]);
    expect(task.token_usage.total).toBeGreaterThan(0);
    const run = mainspring.workflows.getHandle(taskWorkflowId({ orgId: agent.orgId, taskId: task.task_id }));
    expect((await run.describe()).historyLength).toBeLessThanOrEqual(40);
  });

  test('goes on with another model when the first one is over its quota', async () => {
    const agent = await createAgent();
    model.script(
      { status: 429, message: 'quota' },
      { status: 429, message: 'quota' },
      { text: 'from the other one' },
    );
    const task = await ask(agent);
    expect(task).toMatchObject({ status: 'completed', result: { output: 'from the other one' } });
    expect(task.model).toMatch(/^gpt/);
  });

  test('remembers what was said before in its session, and nothing of another', async () => {
    const agent = await createAgent();
    const session = { session_id: randomUUID() };
    model.script({ text: 'Nice to meet you, Ada.' });
    await ask(agent, { prompt: 'I am Ada.', ...session });
    await ask(agent, { prompt: 'Who am I?', ...session });
    await ask(agent, { prompt: 'Who am I?', session_id: randomUUID() });
    const [, second, third] = model.requests.map(({ body }) => JSON.stringify(body));
    expect(second).toContain('Nice to meet you, Ada.');
    expect(third).not.toContain('Ada');
  });
});

describe('limits', () => {
  test('a budget is kept to before the spend', async () => {
    const agent = await createAgent({ limits: { maxTokens: 10 } });
    const task = await ask(agent);
    expect(task).toMatchObject({
      status: 'failed',
      result: { success: false, error: { category: 'budget' } },
    });
    expect(model.requests).toEqual([]);
  });

  test('a task that asks for more steps than it may take is stopped', async () => {
    const agent = await createAgent({ tools: ['get_system_health'], limits: { maxSteps: 2 } });
    model.otherwise = { toolCalls: [{ name: 'get_system_health', arguments: {} }] };
    const task = await ask(agent);
    expect(task).toMatchObject({ status: 'failed', result: { error: { category: 'step_limit' } } });
    expect(model.requests).toHaveLength(2);
  });

  test('the time limit ends a task whose model hangs, and closes the connection', async () => {
    const agent = await createAgent();
    model.otherwise = { hangs: 'at once' };
    const task = await ask(agent, { timeout_seconds: 1 });
    expect(task).toMatchObject({ status: 'timed_out', result: { error: { category: 'timeout' } } });
    await until(() => model.requests.every(({ wasAborted }) => wasAborted));
  });

  test('a cancelled task stops its call at once', async () => {
    const agent = await createAgent();
    model.otherwise = { hangs: 'at once' };
    const id = await submit(agent);
    await until(() => model.requests.length > 0);
    const cancelled = await call(`/tasks/${id}/cancel`, {});
    expect(cancelled.task.status).toBe('cancelled');
    await until(() => model.requests.every(({ wasAborted }) => wasAborted));
    expect((await ended(id)).status).toBe('cancelled');
  });
});

describe('a tool', () => {
  test('that the agent was not given is refused, and the model is told', async () => {
    const agent = await createAgent({ tools: ['get_listings'] });
    model.script(
      { toolCalls: [{ name: 'execute_database_query', arguments: { sql: 'select 1' } }] },
      { text: 'Sorry.' },
    );
    const task = await ask(agent);
    expect(task.tool_calls).toMatchObject([{ name: 'execute_database_query', status: 'refused' }]);
    expect(task.result.output).toBe('Sorry.');
    expect(JSON.stringify(model.requests[1]?.body)).toContain('get_listings');
  });

  test('that needs an approval waits for a person, then is called as it was asked for', async () => {
    const name = `notify-${randomUUID()}`;
    await call(
      '/tools',
      {
        ...{ name, kind: 'http', requiresApproval: true, description: 'tells somebody' },
        config: { url: `${model.url}/told/messages`, method: 'POST' },
        schema: { input: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] } },
      },
      { token: adminToken() },
    );
    const agent = await createAgent({ tools: [name] });
    model.script({ toolCalls: [{ name, arguments: { text: 'hello' } }] });
    const id = await submit(agent);
    await until(async () => (await call(`/tasks/${id}`)).task.status === 'awaiting_approval');
    const asked = model.requests.length;
    await call(`/tasks/${id}/approve`, { decided_by: 'Ada' });
    const task = await ended(id);
    expect(task.status).toBe('completed');
    expect(task.tool_calls).toMatchObject([{ name, decided_by: 'Ada', arguments: { text: 'hello' } }]);
    expect(model.requests.length).toBeGreaterThan(asked);
  });
});

test("an agent can give another one a task, whose answer is its tool's", async () => {
  const helper = await createAgent();
  const agent = await createAgent({ tools: ['execute_agent'] });
  model.script(
    { toolCalls: [{ name: 'execute_agent', arguments: { agent: helper.name, prompt: 'count to three' } }] },
    { text: 'one, two, three' },
    { text: 'it counted' },
  );
  const task = await ask(agent);
  expect(task).toMatchObject({ status: 'completed', result: { output: 'it counted' } });
  const [made] = task.tool_calls;
  expect(JSON.stringify(made.result)).toContain('one, two, three');
  expect(await ended(made.child_task_id)).toMatchObject({
    status: 'completed',
    parent_task_id: task.task_id,
  });
});
