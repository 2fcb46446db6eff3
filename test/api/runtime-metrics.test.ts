import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Updateable } from 'kysely';
import { v7 as newId } from 'uuid';
import type { z } from 'zod';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { AgentRow } from '../../src/db/agents.js';
import type { TaskTable } from '../../src/db/tables-of-tasks.js';
import { requestModelCalls, requestToolCalls } from '../../src/db/task-calls.js';
import { addMetrics } from '../../src/db/task-stages.js';
import type { NewTask, TaskRow } from '../../src/db/tasks.js';
import type { ExecutionHistory, RuntimeMetrics, WorkingAgents } from '../../src/schemas/execution.js';
import { anAgent } from '../support/agents.js';
import { startTaskApi, type TaskApi } from '../support/task-api.js';
import { aTask } from '../support/tasks.js';

const HOUR_MS = 3_600_000;
let api: TaskApi;
let org: CreatedOrg;
let agent: AgentRow;
let failing: AgentRow;
let idle: AgentRow;
const tasks: TaskRow[] = [];
const ago = (hours: number) => new Date(Date.now() - hours * HOUR_MS);

async function ended(
  of: AgentRow,
  columns: Updateable<TaskTable>,
  over: Partial<NewTask> = {},
): Promise<TaskRow> {
  const task = await aTask(api.database, of, { method: 'survey', prompt: null, ...over });
  const { created_at: from } = task;
  const run = { started_at: from, completed_at: new Date(from.getTime() + 1_000), overdue_at: null };
  return api.database.db
    .updateTable('tasks')
    .set({ status: 'completed', ...run, ...columns })
    .where('id', '=', task.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

beforeAll(async () => {
  api = await startTaskApi();
  org = await api.org();
  agent = await api.surveyor(org, { name: 'busy', created_at: ago(3) });
  failing = await anAgent(api.database, {
    ...{ orgId: org.orgId, name: 'failing', type: 'OTHER', created_at: ago(2) },
    ...{ environment: api.vault.seal('{}'), settings: api.vault.seal('{}') },
  });
  idle = await api.surveyor(org, { name: 'idle', created_at: ago(1) });
  const used = { input_tokens: 10, output_tokens: 5, cost_nanos: 2_000_000_000 };
  tasks.push(await ended(agent, used, { createdAt: ago(2.5) }));
  tasks.push(await ended(agent, { ...used, completed_at: ago(1.5) }, { createdAt: ago(1.501) }));
  tasks.push(
    await ended(agent, { status: 'cancelled', error_category: 'cancelled', error_message: 'was cancelled' }),
  );
  const failed = { status: 'failed' as const, error_category: 'tool' as const };
  await ended(failing, { ...failed, error_message: 'older', completed_at: ago(1), cost_nanos: null });
  await ended(failing, { ...failed, error_message: 'newer' });
  await ended(agent, {}, { createdAt: ago(24 * 6) });
  await ended(agent, {}, { createdAt: ago(24 * 40) });
  await aTask(api.database, agent);
  await api.begin(await aTask(api.database, agent));
  await addCalls(tasks[0]);
});
afterAll(() => api.close());

async function addCalls(task: TaskRow | undefined): Promise<void> {
  if (!task) throw new Error('there is no task');
  const { db } = api.database;
  const place = (index: number) => ({ id: `${task.id}.execute.${index}`, place: `execute.${index}` });
  const call = { name: 'pay', arguments: {}, modelCallRef: null };
  await requestToolCalls(
    db,
    task,
    [0, 1, 2].map((index) => ({ ...place(index), ...call })),
  );
  const became = (index: number, columns: object) =>
    db.updateTable('tool_calls').set(columns).where('id', '=', place(index).id).execute();
  await became(0, { status: 'completed', duration_ms: 10 });
  await became(1, { status: 'failed', duration_ms: 30 });
  await became(2, { status: 'refused' });
  await requestModelCalls(db, task, [{ ...place(3), request: {} }]);
  await db
    .updateTable('model_calls')
    .set({
      status: 'completed',
      provider: 'google',
      model: 'gemini-pro',
      input_tokens: 7,
      cost_nanos: 500_000_000,
    })
    .where('task_id', '=', task.id)
    .execute();
  await addMetrics(db, task, new Map([['surveys', 3]]), new Date());
  await addMetrics(db, task, new Map([['surveys', 2]]), new Date());
}

const get = async <T>(path: string, key = org.key) => {
  const answer = await api.send(`/api/agents${path}`, { key });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json<T>();
};
type History = z.infer<typeof ExecutionHistory>;
type Metrics = z.infer<typeof RuntimeMetrics>;

describe('the history of an agent', () => {
  test('pages through all of it, the newest first', async () => {
    const first = await get<History>(`/${agent.id}/history?limit=2&offset=0`);
    expect(first).toMatchObject({ total: 7, limit: 2, offset: 0 });
    const rest = await get<History>(`/${agent.id}/history?limit=10&offset=2`);
    const all = [...first.executions, ...rest.executions];
    expect(new Set(all.map(({ executionId: id }) => id)).size).toBe(7);
    const times = all.map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted().reverse());
    expect(JSON.stringify(all)).not.toContain('"input":{');
  });

  test('sums up the last 30 days', async () => {
    const { performance, errors, trend } = await get<History>(`/${agent.id}/history`);
    expect(performance).toMatchObject({
      ...{ executions: 6, completed: 3, failed: 0, cancelled: 1, successRate: 1, costUsd: 4 },
      tokenUsage: { input: 20, output: 10, total: 30 },
    });
    expect(performance.durationMs.p50).toBe(1_000);
    expect(performance.durationMs.p99).toBeCloseTo(3_600, -1);
    // Somebody wanted it so: that is none of its errors.
    expect(errors).toEqual([]);
    expect(trend).toHaveLength(24);
    expect(trend.map(({ executions }) => executions)).toEqual([...Array(21).fill(0), 1, 1, 3]);
    expect(trend[21]).toMatchObject({ completed: 1, averageMs: 1_000 });
  });

  test("is found by its type and by an execution of it, and is nobody else's", async () => {
    const byId = await get<History>(`/${agent.id}/history`);
    const byExecution = await get<History>(`/${tasks[0]?.id}/history`);
    expect(byExecution.executions).toEqual(byId.executions);
    expect((await get<History>('/OTHER/history')).total).toBe(2);
    const other = await api.org();
    for (const id of [agent.id, 'OTHER', tasks[0]?.id, newId()])
      expect((await api.send(`/api/agents/${id}/history`, { key: other.key })).status).toBe(404);
  });

  test('takes no limits that are none', async () => {
    for (const query of ['limit=0', 'limit=501', 'offset=-1', 'cursor=x'])
      expect((await api.send(`/api/agents/${agent.id}/history?${query}`, { key: org.key })).status).toBe(422);
  });
});

describe('the metrics of agents', () => {
  test('are those of a day, by default', async () => {
    const metrics = await get<Metrics>('/metrics');
    expect(metrics).toMatchObject({ queueDepth: 1, running: 1 });
    expect(metrics.totals).toMatchObject({
      executions: 7,
      completed: 2,
      failed: 2,
      cancelled: 1,
      successRate: 0.5,
    });
    expect(metrics.totals.costUsd).toBeNull();
    expect(metrics.agents.map(({ name, health }) => [name, health])).toEqual([
      ['busy', 'healthy'],
      ['failing', 'unhealthy'],
      ['idle', 'idle'],
    ]);
    const [first, second] = metrics.agents;
    expect(first).toMatchObject({ agentId: agent.id, type: 'SURVEY', metrics: { surveys: 5 } });
    expect(first?.performance).toMatchObject({ executions: 5, costUsd: 4 });
    expect(first?.trend).toHaveLength(24);
    expect(second?.errors).toEqual([{ category: 'tool', count: 2, latest: 'newer' }]);
    expect(metrics.tools).toEqual([{ name: 'pay', calls: 3, failed: 1, refused: 1, averageMs: 20 }]);
    expect(metrics.models).toEqual([
      {
        ...{ provider: 'google', model: 'gemini-pro', calls: 1, failed: 0, costUsd: 0.5 },
        tokenUsage: { input: 7, output: 0, total: 7 },
      },
    ]);
  });

  test("count nothing against an agent's health that was asked wrongly or is not set up", async () => {
    const own = await api.org();
    const asked = await api.surveyor(own, { name: 'asked' });
    await ended(asked, {});
    for (const category of ['invalid_input', 'configuration'] as const)
      await ended(asked, { status: 'failed', error_category: category, error_message: 'no' });
    const healthOf = async () =>
      (await get<Metrics>('/metrics', own.key)).agents.find(({ name }) => name === 'asked');
    expect(await healthOf()).toMatchObject({ health: 'healthy', performance: { failed: 2 } });
    expect((await healthOf())?.errors.map(({ category }) => category).toSorted()).toEqual([
      'configuration',
      'invalid_input',
    ]);
    await ended(asked, { status: 'failed', error_category: 'tool', error_message: 'no' });
    expect((await healthOf())?.health).toBe('unhealthy');
  });

  test.each([
    ['1h', 12, 5],
    ['24h', 24, 7],
    ['7d', 28, 8],
    ['30d', 30, 8],
  ])('cover %s in %i parts', async (period, parts, executions) => {
    const { totals, agents } = await get<Metrics>(`/metrics?period=${period}`);
    expect(totals.executions).toBe(executions);
    expect(new Set(agents.map(({ trend }) => trend.length))).toEqual(new Set([parts]));
  });

  test('of an organisation in which nothing happened are empty, and cost nothing', async () => {
    const { totals, agents, tools, models } = await get<Metrics>('/metrics', (await api.org()).key);
    expect(totals).toMatchObject({
      executions: 0,
      successRate: null,
      costUsd: 0,
      durationMs: { average: null },
    });
    expect([agents.filter(({ health }) => health !== 'idle'), tools, models]).toEqual([[], [], []]);
  });

  test('are refused for a period that is none', async () => {
    expect((await api.send('/api/agents/metrics?period=2h', { key: org.key })).status).toBe(422);
  });
});

describe('the agents that can be given work', () => {
  const list = async (query = '') => (await get<z.infer<typeof WorkingAgents>>(query)).agents;

  test('are listed with what they can be asked', async () => {
    const [first] = await list('?type=SURVEY');
    expect(first).toMatchObject({
      agentId: idle.id,
      name: 'idle',
      isAvailable: true,
      reason: null,
      model: null,
    });
    expect(first?.actions).toMatchObject([
      { name: 'survey', needsModel: false, input: { type: 'object', required: ['category'] } },
      { name: 'prompt', needsModel: true, input: { required: ['prompt'] } },
    ]);
  });

  test('say why they are not available', async () => {
    const reasonOf = async (id: string) => (await list()).find(({ agentId }) => agentId === id)?.reason;
    expect(await reasonOf(failing.id)).toBe('no model is set up for it');
    const lost = await api.surveyor(org, { definition: 'Lost' });
    expect(await reasonOf(lost.id)).toContain('MAINSPRING_PLUGINS');
    const paused = await api.surveyor(org, { lifecycle: 'paused' });
    expect(await reasonOf(paused.id)).toBe('it is paused');
  });
});

describe('an agent whose code runs here', () => {
  type Shown = { agent: { status: string; connection: string; isHosted: boolean } };

  test('is online and active while it is to run, and listed as such', async () => {
    const own = await api.org();
    const { id } = await api.surveyor(own);
    const shown = async () => (await api.send(`/agents/${id}`, { key: own.key })).json<Shown>().agent;
    const listed = async (query: string) =>
      (await api.send(`/agents?${query}`, { key: own.key })).json<{ agents: unknown[] }>().agents.length;
    expect(await shown()).toMatchObject({
      status: 'active',
      connection: 'online',
      isHosted: true,
      limits: {},
    });
    expect([await listed('status=active'), await listed('connection=online')]).toEqual([1, 1]);
    await api.send(`/agents/${id}/pause`, { key: own.key, method: 'POST' });
    expect(await shown()).toMatchObject({ status: 'inactive', connection: 'offline' });
    expect([await listed('status=active'), await listed('connection=offline')]).toEqual([0, 1]);
    const changes = await api.database.db
      .selectFrom('events')
      .select('data')
      .where('subject', '=', id)
      .where('type', '=', 'agent.status_changed')
      .execute();
    expect(changes).toMatchObject([{ data: { from: 'active', to: 'inactive' } }]);
  });

  test('has limits that an administrator changes', async () => {
    const own = await api.org();
    const { id } = await api.surveyor(own);
    const change = (limits: object) =>
      api.send(`/agents/${id}`, { token: own.adminToken, method: 'PATCH', body: { limits } });
    const answer = await change({ timeout: '5s', maxCostUsd: 0.5 });
    expect(answer.json()).toMatchObject({ agent: { limits: { timeout: 5_000, maxCostUsd: 0.5 } } });
    const next = await change({ maxCostUsd: null, maxSteps: 3 });
    expect(next.json<{ agent: { limits: object } }>().agent.limits).toEqual({ timeout: 5_000, maxSteps: 3 });
    expect((await change({ timeout: '10ms' })).problem().errors?.[0]?.path).toBe('limits.timeout');
    expect((await change({ maxDreams: 1 })).status).toBe(422);
  });
});

test('Prometheus is told how many tasks wait, and how they ended', async () => {
  const task = await aTask(api.database, agent);
  await api.begin(task);
  const error = { category: 'budget' as const, message: 'spent' };
  await api.tasks.end({ orgId: org.orgId, taskId: task.id }, { status: 'failed', error, at: new Date() });
  const { text } = await api.send('/metrics');
  expect(text).toMatch(/mainspring_tasks_unended\{state="queued"\} 1/);
  expect(text).toMatch(/mainspring_tasks_unended\{state="running"\} 1/);
  expect(text).toMatch(/mainspring_tasks_total\{outcome="failed",category="budget"\} 1/);
  expect(text).toMatch(/mainspring_task_duration_seconds_count\{type="custom"\} 1/);
});
