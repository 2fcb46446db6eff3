import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { z } from 'zod';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { AgentRow } from '../../src/db/agents.js';
import type { WorkingAgents } from '../../src/schemas/execution.js';
import { type AgentsAtWork, startAgentsAtWork } from '../support/agents-at-work.js';
import type { TaskApi } from '../support/task-api.js';

let api: TaskApi;
let org: CreatedOrg;
let failing: AgentRow;
let idle: AgentRow;
let get: AgentsAtWork['get'];
beforeAll(async () => {
  ({ api, org, failing, idle, get } = await startAgentsAtWork());
});
afterAll(() => api.close());

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
