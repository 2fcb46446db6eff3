import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newAgentSecret } from '../../src/agents/new-agent-secret.js';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { agentConnections, type Connected } from '../support/agent-connections.js';
import { anAgent } from '../support/agents.js';
import { startTestApi, type TestApi } from '../support/api.js';

let api: TestApi;
let org: CreatedOrg;
const { armed, connect, connected, call, beat, eventsOf, row, sessions } = agentConnections(
  () => api,
  () => org,
);
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
});
afterAll(() => api.close());

describe('connecting', () => {
  test('answers what the agent works with, secrets in full, and opens a session', async () => {
    const settings = { claudeModel: 'haiku', discord: { token: 'd-secret' } };
    const instruction = { systemPrompt: 'You are a helpful AI assistant.', guidelines: ['Be kind.'] };
    const { agent, secret } = await armed({
      settings: api.vault.seal(JSON.stringify(settings)),
      instruction,
    });
    const answer = await connect(agent.id, { secret });
    expect(answer.status).toBe(200);
    const { token, expiresAt, ...config } = answer.json<Connected>();
    expect(config).toEqual({
      instruction: expect.stringContaining('1. Be kind.'),
      tools: [],
      agent: { id: agent.id, name: agent.name, orgId: org.orgId },
      model: null,
      environment: {},
      heartbeat: { intervalMs: 60_000 },
      settings,
      configVersion: 1,
    });
    expect(Math.abs(Date.parse(expiresAt) - Date.now() - 86_400_000)).toBeLessThan(5_000);
    expect((await api.send(`/agents/${agent.id}/config`, { token })).json()).toEqual(config);
    expect(await row(agent)).toMatchObject({ connection: 'online', lifecycle: 'running' });
    expect(await eventsOf(agent)).toEqual([
      ['agent.started', 'created'],
      ['agent.connected', 'connect'],
      ['agent.status_changed', 'active'],
    ]);
  });

  test('again replaces the session', async () => {
    const { agent, secret } = await connected();
    await connect(agent.id, { secret, context: 'night' });
    const all = await sessions(agent);
    expect(all.map(({ end_reason }) => end_reason ?? 'open').sort()).toEqual(['open', 'replaced']);
    expect(await row(agent)).toMatchObject({ context: 'night' });
  });

  test('is refused with a secret that is not the agent’s', async () => {
    const [{ agent }, other, fresh] = [await armed(), await armed(), await anAgent(api.database)];
    for (const secret of ['x', other.secret, `${newAgentSecret()}`, agent.secret_digest ?? '']) {
      const answer = await connect(agent.id, { secret });
      expect([answer.status, answer.problem().code]).toEqual([401, 'unauthorized']);
    }
    expect((await connect(fresh.id, { secret: 'x' })).status).toBe(401);
    expect(await sessions(agent)).toEqual([]);
  });

  test('to an agent that is not there is a 404, of one that is suspended a 403 for who knows its secret', async () => {
    expect((await connect(randomUUID(), { secret: 'x' })).status).toBe(404);
    const { agent, secret } = await armed({ is_suspended: true });
    const answer = await connect(agent.id, { secret });
    expect([answer.status, answer.problem().code]).toEqual([403, 'agent_suspended']);
    expect((await connect(agent.id, { secret: 'wrong' })).status).toBe(401);
    expect(await sessions(agent)).toEqual([]);
  });

  test.each([
    [{}],
    [{ secret: '' }],
    [{ secret: 1 }],
    [{ secret: 'x', more: 1 }],
    [{ secret: 'x'.repeat(201) }],
  ])('takes nothing else than a secret and a context: %j', async (body) => {
    const { agent } = await armed();
    expect((await connect(agent.id, body)).status).toBe(422);
  });

  test('is limited for an agent and an address, also with the right secret', async () => {
    const proxied = await startTestApi({ database: api.database, env: { TRUSTED_PROXIES: '1' } });
    try {
      const [{ agent, secret }, other] = [await armed(), await armed()];
      const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
      const statuses = [];
      for (let count = 0; count < 30; count++) {
        statuses.push(
          (await connect(agent.id, { secret: `x${count}` }, from('203.0.113.1'), proxied)).status,
        );
      }
      expect(new Set(statuses)).toEqual(new Set([401]));
      const refused = await connect(agent.id, { secret }, from('203.0.113.1'), proxied);
      expect([refused.status, refused.problem().code]).toEqual([429, 'rate_limited']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await connect(agent.id, { secret }, from('203.0.113.2'), proxied)).status).toBe(200);
      const { secret: right } = other;
      expect((await connect(other.agent.id, { secret: right }, from('203.0.113.1'), proxied)).status).toBe(
        200,
      );
    } finally {
      await proxied.close();
    }
  });

  test('with wrong secrets counts as guessing', async () => {
    const own = await startTestApi({ database: api.database });
    try {
      const agents = await Promise.all(Array.from({ length: 11 }, () => armed()));
      const statuses = [];
      for (const { agent } of agents)
        for (let count = 0; count < 30; count++)
          statuses.push((await connect(agent.id, { secret: 'x' }, {}, own)).status);
      expect(statuses.indexOf(429)).toBe(300);
    } finally {
      await own.close();
    }
  });
});

describe('a token', () => {
  test('that is refreshed is another one, as good as the first', async () => {
    const one = await connected();
    const answer = await call(one.agent.id, 'token/refresh', one.token);
    expect(answer.status).toBe(200);
    const { token, expiresAt } = answer.json<Connected>();
    expect(token).not.toBe(one.token);
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now() + 86_000_000);
    expect((await beat({ ...one, token })).status).toBe(200);
    expect((await beat(one)).status).toBe(200);
  });
});

describe('disconnecting', () => {
  test('ends the session without an alarm, also twice', async () => {
    const one = await connected();
    for (let count = 0; count < 2; count++)
      expect((await call(one.agent.id, 'disconnect', one.token)).status).toBe(204);
    expect(await row(one.agent)).toMatchObject({ connection: 'offline' });
    const events = await eventsOf(one.agent);
    expect(events.filter(([type]) => type === 'agent.disconnected')).toEqual([
      ['agent.disconnected', 'disconnected'],
    ]);
    expect(events.at(-1)).toEqual(['agent.status_changed', 'inactive']);
  });

  test('is not undone by a heartbeat that was on its way', async () => {
    const one = await connected();
    const { session_id } = await row(one.agent);
    await call(one.agent.id, 'disconnect', one.token);
    // As if it had been received before.
    await api.database.db
      .updateTable('agent_sessions')
      .set({ ended_at: new Date(Date.now() + 1_000) })
      .where('id', '=', session_id)
      .execute();
    expect((await beat(one)).status).toBe(200);
    expect(await row(one.agent)).toMatchObject({ connection: 'offline' });
    await delay(1_100);
    expect((await beat(one)).status).toBe(200);
    expect(await row(one.agent)).toMatchObject({ connection: 'online' });
  });
});
