import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import type { z } from 'zod';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { AgentRow } from '../../src/db/agents.js';
import type { TaskRow } from '../../src/db/tasks.js';
import type { ExecutionHistory } from '../../src/schemas/execution.js';
import { type AgentsAtWork, startAgentsAtWork } from '../support/agents-at-work.js';
import type { TaskApi } from '../support/task-api.js';

let api: TaskApi;
let org: CreatedOrg;
let agent: AgentRow;
let tasks: TaskRow[];
let get: AgentsAtWork['get'];
beforeAll(async () => {
  ({ api, org, agent, tasks, get } = await startAgentsAtWork());
});
afterAll(() => api.close());

type History = z.infer<typeof ExecutionHistory>;

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
