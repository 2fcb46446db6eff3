import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { agentConnections } from '../support/agent-connections.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { until } from '../support/until.js';

let api: TestApi;
let org: CreatedOrg;
const { connected, beat, eventsOf, row, change, sessions } = agentConnections(
  () => api,
  () => org,
);
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
});
afterAll(() => api.close());

describe('a heartbeat', () => {
  test('answers the configuration that holds, and what the agent is to do', async () => {
    const one = await connected();
    expect((await beat(one)).json()).toEqual({ success: true, configVersion: 1, lifecycle: 'running' });
    await change(one.agent, { config_version: 2, lifecycle: 'paused' });
    expect((await beat(one)).json()).toEqual({
      ...{ success: true, configVersion: 2, lifecycle: 'paused' },
      commands: ['pause'],
    });
    await change(one.agent, { lifecycle: 'stopped' });
    expect((await beat(one)).json()).toMatchObject({ commands: ['stop'] });
  });

  test('changes how the agent is within a second or two', async () => {
    const one = await connected();
    await beat(one, { status: 'busy', metrics: { cpu: 45, memory: 60, activeConnections: 3 } });
    await until(async () => (await row(one.agent)).connection === 'busy');
    const { agent } = (await api.send(`/agents/${one.agent.id}`, { key: org.key })).json<{ agent: object }>();
    expect(agent).toMatchObject({ status: 'busy', metrics: { cpu: 45, memory: 60, activeConnections: 3 } });
    expect(await eventsOf(one.agent)).toContainEqual(['agent.status_changed', 'busy']);
    const [session] = await sessions(one.agent);
    expect(session?.heartbeats).toBe(1);
  });

  test('brings an agent back that was silent, in the context that it had', async () => {
    const one = await connected();
    const { session_id } = await row(one.agent);
    await api.database.db
      .updateTable('agent_sessions')
      .set({ ended_at: new Date(), end_reason: 'silent' })
      .where('id', '=', session_id)
      .execute();
    await change(one.agent, { connection: 'offline', context: 'night' });
    const answers = await Promise.all([beat(one), beat(one), beat(one)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const after = await row(one.agent);
    expect(after).toMatchObject({ connection: 'online', context: 'night' });
    expect(after.session_id).not.toBe(session_id);
    expect(await sessions(one.agent)).toHaveLength(2);
    expect(await eventsOf(one.agent)).toContainEqual(['agent.connected', 'heartbeat']);
  });

  test.each([
    [{}, 422],
    [{ status: 'offline' }, 422],
    [{ status: 'online', metrics: { cpu: 'high' } }, 422],
    [{ status: 'online', metrics: { cpu: null } }, 422],
    [{ status: 'online', metrics: [1] }, 422],
    [{ status: 'online', toolUse: { 'no tool': {} } }, 422],
    [{ status: 'online', outcomes: { succeeded: -1 } }, 422],
    [{ status: 'online', metrics: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [n, n])) }, 413],
  ])('with %j is a %i', async (body, status) => {
    expect((await beat(await connected(), body)).status).toBe(status);
  });

  test('with a body of more than a megabyte is a 413', async () => {
    const metrics = { ['x'.repeat(1_100_000)]: 1 };
    expect((await beat(await connected(), { status: 'online', metrics })).status).toBe(413);
  });

  test('of a suspended agent is a 403, and brings nothing back', async () => {
    const one = await connected();
    const answer = await api.send(`/agents/${one.agent.id}/suspend`, {
      method: 'POST',
      token: org.adminToken,
    });
    expect(answer.status).toBe(200);
    const refused = await beat(one);
    expect([refused.status, refused.problem().code]).toEqual([403, 'agent_suspended']);
    expect(await row(one.agent)).toMatchObject({ connection: 'offline' });
  });

  test('of a token that was revoked a moment ago is a 401, and brings nothing back', async () => {
    const one = await connected();
    expect((await beat(one)).status).toBe(200);
    await change(one.agent, { credential_version: 2, connection: 'offline' });
    expect((await beat(one)).status).toBe(401);
    expect(await row(one.agent)).toMatchObject({ connection: 'offline' });
  });
});
