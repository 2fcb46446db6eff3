import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import { openSession } from '../../src/agents/connections.js';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { Agent } from '../../src/schemas/agent.js';
import { startTestApi, type TestApi } from '../support/api.js';

let api: TestApi;
let org: CreatedOrg;
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
});
afterAll(() => api.close());

async function create(): Promise<string> {
  const body = { name: newId() };
  const answer = await api.send('/agents', { token: org.adminToken, body });
  return answer.json<{ agent: Agent }>().agent.id;
}
const connect = (agentId: string) =>
  openSession(
    api.database.db,
    { orgId: org.orgId, agentId },
    { id: newId(), context: null, connection: 'online', at: new Date() },
    { start: 'connect' },
  );
const verb = (id: string, name: string, headers: Record<string, string> = {}) =>
  api.send(`/agents/${id}/${name}`, { method: 'POST', key: org.key, headers });
const asAdmin = (id: string, name: string) =>
  api.send(`/agents/${id}/${name}`, { method: 'POST', token: org.adminToken });
const eventsOf = (id: string) =>
  api.database.db
    .selectFrom('events')
    .select(['type', 'data'])
    .where('subject', '=', id)
    .where('type', '<>', 'agent.created')
    .orderBy('id')
    .execute();

describe('the lifecycle', () => {
  test('goes from one state to the next, each told once', async () => {
    const id = await create();
    const seen: string[] = [];
    for (const name of ['start', 'pause', 'resume', 'stop', 'start'])
      seen.push((await verb(id, name)).json<{ agent: Agent }>().agent.lifecycle);
    expect(seen).toEqual(['running', 'paused', 'running', 'stopped', 'running']);
    expect((await eventsOf(id)).map(({ type, data }) => [type, data.from])).toEqual([
      ['agent.started', 'created'],
      ['agent.paused', 'running'],
      ['agent.resumed', 'paused'],
      ['agent.stopped', 'running'],
      ['agent.started', 'stopped'],
    ]);
  });

  test('does not take a verb out of turn, and says in which state the agent is', async () => {
    const id = await create();
    const refused = await verb(id, 'pause');
    expect(refused.problem()).toMatchObject({ status: 409, code: 'wrong_state' });
    expect(refused.problem().detail).toContain('created');
    expect(await eventsOf(id)).toEqual([]);
    expect((await asAdmin(id, 'start')).status).toBe(200);
    expect((await verb(id, 'resume')).problem().detail).toContain('running');
  });

  test('is part of the revision, and of no configuration', async () => {
    const id = await create();
    const started = await verb(id, 'start', { 'if-match': '"1"' });
    expect(started.headers.get('etag')).toBe('"2"');
    expect(started.json<{ agent: Agent }>().agent.configVersion).toBe(1);
    expect((await verb(id, 'pause', { 'if-match': '"1"' })).status).toBe(412);
  });
});

describe('a suspension', () => {
  test('ends the session, and is told as one change of the status', async () => {
    const id = await create();
    await connect(id);
    const before = (await eventsOf(id)).length;
    const { agent } = (await asAdmin(id, 'suspend')).json<{ agent: Agent }>();
    expect(agent).toMatchObject({ status: 'suspended', connection: 'offline', lifecycle: 'running' });
    expect((await eventsOf(id)).slice(before).map(({ type, data }) => [type, data])).toMatchObject([
      ['agent.disconnected', { reason: 'suspended' }],
      ['agent.status_changed', { from: 'active', to: 'suspended' }],
    ]);
    const session = await api.database.db
      .selectFrom('agent_sessions')
      .select('end_reason')
      .where('agent_id', '=', id)
      .executeTakeFirst();
    expect(session?.end_reason).toBe('suspended');
  });

  test('holds until the agent is activated; either twice is the same as once', async () => {
    const id = await create();
    for (const name of ['suspend', 'suspend', 'activate', 'activate'])
      expect((await asAdmin(id, name)).status).toBe(200);
    expect((await eventsOf(id)).map(({ data }) => [data.from, data.to])).toEqual([
      ['inactive', 'suspended'],
      ['suspended', 'inactive'],
    ]);
  });

  test("is an administrator's alone", async () => {
    const id = await create();
    expect((await verb(id, 'suspend')).status).toBe(403);
    expect((await verb(id, 'activate')).status).toBe(403);
  });
});
