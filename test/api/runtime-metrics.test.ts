import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { z } from 'zod';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { AgentRow } from '../../src/db/agents.js';
import type { RuntimeMetrics } from '../../src/schemas/execution.js';
import { type AgentsAtWork, startAgentsAtWork } from '../support/agents-at-work.js';
import type { TaskApi } from '../support/task-api.js';
import { aTask } from '../support/tasks.js';

let api: TaskApi;
let org: CreatedOrg;
let agent: AgentRow;
let ended: AgentsAtWork['ended'];
let get: AgentsAtWork['get'];
beforeAll(async () => {
  ({ api, org, agent, ended, get } = await startAgentsAtWork());
});
afterAll(() => api.close());

type Metrics = z.infer<typeof RuntimeMetrics>;

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
