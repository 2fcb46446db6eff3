import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AgentRow } from '../../src/db/agents.js';
import { anAgent } from '../support/agents.js';
import { DEMO_KEY } from '../support/api.js';
import { eventually, startMainspring, type TestMainspring, timerRequest } from '../support/mainspring.js';
import { type Era, type McpClient, openMcp } from '../support/mcp.js';
import { type ModelServer, startModelServer } from '../support/model-server.js';

let model: ModelServer;
let mainspring: TestMainspring;
let org: Awaited<ReturnType<TestMainspring['org']>>;
/** Handled here, by asking a model. */
let agent: AgentRow;
/** Takes its mail itself. */
let elsewhere: AgentRow;
const called = new Set<string>();

beforeAll(async () => {
  model = await startModelServer();
  mainspring = await startMainspring({
    env: { OPENAI_API_KEY: 'openai-key', OPENAI_BASE_URL: `${model.url}/v1` },
  });
  org = await mainspring.org();
  const sealed = mainspring.vault.seal('{}');
  const columns = { orgId: org.orgId, lifecycle: 'running' as const, environment: sealed, settings: sealed };
  agent = await anAgent(mainspring.database, { ...columns, name: 'Answerer' });
  elsewhere = await anAgent(mainspring.database, { ...columns, topics: ['news.*'] });
});
afterAll(async () => {
  await mainspring.close();
  await model.close();
});

const open = async (era: Era = 'legacy'): Promise<McpClient> => {
  const mcp = await openMcp(mainspring.url, { key: org.key, era });
  return {
    ...mcp,
    call(name, args) {
      called.add(name);
      return mcp.call(name, args);
    },
  };
};

describe.each<Era>(['legacy', 'modern'])('through the %s protocol', (era) => {
  let mcp: McpClient;
  beforeAll(async () => {
    mcp = await open(era);
  });
  afterAll(() => mcp.close());

  test('timers are created, found, moved, started anew, fired, waited for and cancelled', async () => {
    const name = randomUUID();
    const { timer } = await mcp.call('create_timer', timerRequest({ name, duration: '1h' }));
    const { id: timerId } = timer;
    expect((await mcp.call('list_timers', { name, limit: 1 })).timers).toMatchObject([{ id: timerId }]);
    const moved = await mcp.call('move_timer', { timerId, duration: '2h' });
    expect(moved.timer.durationMs).toBe(7_200_000);
    expect((await mcp.call('reset_timer', { timerId })).timer.durationMs).toBe(7_200_000);
    await mcp.call('fire_timer', { timerId });
    expect((await mcp.call('wait_for_timer', { timerId })).timer.status).toBe('fired');
    const over = await mainspring.send(`/timers/${timerId}`, { key: org.key });
    expect(await mcp.call('get_timer', { timerId })).toEqual(over.json());
    const other = (await mcp.call('create_timer', timerRequest())).timer.id;
    const cancelled = await mcp.call('cancel_timer', { timerId: other, reason: 'not needed' });
    expect(cancelled.timer).toMatchObject({ status: 'cancelled', cancelReason: 'not needed' });
  });

  test('tasks are submitted, waited for, listed and cancelled', async () => {
    model.reset();
    model.otherwise = { text: 'Nothing is new.' };
    const { task_id } = await mcp.call('submit_task', { agent_name: agent.name, prompt: 'what is new?' });
    const { task } = await mcp.call('wait_for_task', { task_id, wait: '40s' });
    expect(task).toMatchObject({ task_id, status: 'completed', result: { output: 'Nothing is new.' } });
    expect((await mcp.call('get_task', { task_id })).task.status).toBe('completed');
    expect((await mcp.call('list_tasks', { status: 'completed', limit: 1 })).tasks[0].task_id).toBe(task_id);
    const later = { agent_name: agent.name, prompt: 'x', scheduled_at: '2030-01-01T00:00:00Z' };
    const { task_id: ahead } = await mcp.call('submit_task', later);
    expect((await mcp.call('cancel_task', { task_id: ahead })).task.status).toBe('cancelled');
  });

  test('messages are sent, published, taken, held, given back, acknowledged and waited for', async () => {
    const agentId = elsewhere.id;
    const { message } = await mcp.call('send_message', { agentId, type: 'question', payload: { n: 1 } });
    const take = async () => (await mcp.call('read_inbox', { agentId, wait: '30s' })).messages[0];
    const first = await take();
    expect(first).toMatchObject({ id: message.id, payload: { n: 1 } });
    await mcp.call('extend_message', { messageId: first.id, leaseId: first.leaseId, lease: '1m' });
    const refused = { messageId: first.id, leaseId: first.leaseId, delay: 1 };
    expect((await mcp.call('nack_message', refused)).receipt.status).toBe('queued');
    const again = await take();
    expect([again.id, again.delivery]).toEqual([message.id, 2]);
    await mcp.call('ack_message', { messageId: again.id, leaseId: again.leaseId, reply: { all: 'well' } });
    const { message: ended } = await mcp.call('wait_for_message', { messageId: message.id });
    expect(ended.receipts).toMatchObject([{ agentId, status: 'processed', reply: { all: 'well' } }]);
    const published = await mcp.call('publish_message', { topic: 'news.today', type: 'news' });
    expect((await mcp.call('get_message', { messageId: published.message.id })).message.topic).toBe(
      'news.today',
    );
    const heard = await take();
    await mcp.call('ack_message', { messageId: heard.id, leaseId: heard.leaseId });
    expect(heard.topic).toBe('news.today');
  });

  test('agents are listed and looked at', async () => {
    const { agents } = await mcp.call('list_agents', { name: agent.name });
    expect(agents).toMatchObject([{ id: agent.id }]);
    expect((await mcp.call('get_agent', { agentId: agent.id })).agent.name).toBe(agent.name);
  });

  test('schedules are created, paused, resumed, run at once and deleted', async () => {
    const wish = { agent_name: agent.name, interval_seconds: 3_600, prompt_template: 'what is new?' };
    const { schedule } = await mcp.call('create_schedule', wish);
    const scheduleId = schedule.id;
    expect((await mcp.call('list_schedules', { limit: 1 })).schedules[0].id).toBe(scheduleId);
    expect((await mcp.call('pause_schedule', { scheduleId })).schedule.enabled).toBe(false);
    expect((await mcp.call('resume_schedule', { scheduleId })).schedule.enabled).toBe(true);
    const { task_id } = await mcp.call('trigger_schedule', { scheduleId });
    // What a schedule starts shows when its workflow has begun.
    const ofSchedule = () => mcp.call('list_tasks', { schedule_id: scheduleId });
    await eventually(ofSchedule, ({ tasks }) => tasks[0]?.task_id === task_id);
    expect((await mcp.call('wait_for_task', { task_id })).task.status).toBe('completed');
    expect((await mcp.call('get_schedule', { scheduleId })).schedule.id).toBe(scheduleId);
    await mcp.call('delete_schedule', { scheduleId });
    expect(await mcp.fail('get_schedule', { scheduleId })).toContain('not_found');
  });
});

test('every tool was called, and each is described', async () => {
  const mcp = await open();
  const { tools } = await mcp.client.listTools();
  await mcp.close();
  expect(tools.map(({ name }) => name).sort()).toEqual([...called].sort());
  for (const { name, title, description, annotations, inputSchema } of tools) {
    expect([name, title, description]).toEqual([name, expect.any(String), expect.any(String)]);
    expect(annotations?.readOnlyHint).toBe(/^(?:get|list|wait)_/.test(name));
    expect(annotations?.destructiveHint).toBe(/^(?:cancel|delete)_/.test(name));
    expect(inputSchema.additionalProperties).toBe(false);
    for (const schema of Object.values(inputSchema.properties ?? {})) expect(schema).not.toEqual({});
  }
  expect(tools.filter(({ outputSchema }) => !outputSchema).map(({ name }) => name)).toEqual([
    'delete_schedule',
  ]);
});

test('arguments are described so that small models read them', async () => {
  const mcp = await open();
  const { tools } = await mcp.client.listTools();
  await mcp.close();
  const inputs = tools.map(({ name, inputSchema }) => ({ name, text: JSON.stringify(inputSchema) }));
  expect(inputs.filter(({ text }) => text.includes('"null"'))).toEqual([]);
  expect(inputs.filter(({ text }) => text.length > 12_000).map(({ name }) => name)).toEqual([]);
  // Only what is nested stands elsewhere than where it is used.
  const withDefs = inputs.filter(({ text }) => text.includes('$ref')).map(({ name }) => name);
  expect(withDefs).toEqual(['create_timer', 'submit_task', 'create_schedule']);
  const move = tools.find(({ name }) => name === 'move_timer')?.inputSchema.properties;
  expect(move).toMatchObject({
    fireAt: { type: 'string', format: 'date-time' },
    duration: { anyOf: [{}, {}] },
  });
});

test('nothing is promised that a client would have to listen for', async () => {
  const mcp = await open();
  expect(mcp.client.getServerCapabilities()).toEqual({ tools: { listChanged: false } });
  await mcp.close();
});

test('an argument that is null is one that was left out', async () => {
  const mcp = await open();
  const request = { ...timerRequest(), fireAt: null, metadata: null, idempotencyKey: null };
  expect((await mcp.call('create_timer', request)).timer).toMatchObject({ metadata: {} });
  await mcp.close();
});

test('a program of this machine needs no key in development', async () => {
  const mcp = await openMcp(mainspring.url);
  const { timer } = await mcp.call('create_timer', timerRequest());
  await mcp.close();
  expect((await mainspring.send(`/timers/${timer.id}`, { key: DEMO_KEY })).status).toBe(200);
});

test('the same idempotency key creates one thing, also over HTTP', async () => {
  const mcp = await open();
  const request = timerRequest();
  const idempotencyKey = randomUUID();
  const first = await mcp.call('create_timer', { ...request, idempotencyKey });
  expect((await mcp.call('create_timer', { ...request, idempotencyKey })).timer.id).toBe(first.timer.id);
  const headers = { 'idempotency-key': idempotencyKey };
  const repeat = await mainspring.send('/timers', { key: org.key, body: request, headers });
  expect(repeat.headers.get('idempotency-replayed')).toBe('true');
  expect(repeat.json<typeof first>().timer.id).toBe(first.timer.id);
  const reused = await mcp.fail('create_timer', { ...request, name: 'another', idempotencyKey });
  expect(reused).toContain('idempotency_key_reused');
  await mcp.close();
  // As a tool of an agent elsewhere sends it: with all requests of its session.
  const [once, twice] = [await openMcp(mainspring.url, { key: org.key, headers }), await open()];
  expect((await once.call('create_timer', request)).timer.id).toBe(first.timer.id);
  await Promise.all([once.close(), twice.close()]);
});
