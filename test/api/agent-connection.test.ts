import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newAgentSecret } from '../../src/agents/new-agent-secret.js';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { AgentRow } from '../../src/db/agents.js';
import { anAgent, rowOf } from '../support/agents.js';
import { type Sent, startTestApi, type TestApi } from '../support/api.js';
import { type CutOff, cutOff } from '../support/cut-off.js';
import { until } from '../support/until.js';

let api: TestApi;
let org: CreatedOrg;
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
});
afterAll(() => api.close());

type Armed = { agent: AgentRow; secret: string };
/** An agent that may connect. */
async function armed(over: Partial<AgentRow> = {}): Promise<Armed> {
  const secret = newAgentSecret();
  const [digest] = api.vault.digests(secret);
  return { agent: await anAgent(api.database, { orgId: org.orgId, secret_digest: digest, ...over }), secret };
}

interface Connected {
  token: string;
  expiresAt: string;
}
const connect = (id: string, body: object, sent: Sent = {}, at = api) =>
  at.send(`/agents/${id}/connect`, { body, ...sent });
async function connected(over: Partial<AgentRow> = {}): Promise<Armed & { token: string }> {
  const one = await armed(over);
  const answer = await connect(one.agent.id, { secret: one.secret });
  return { ...one, token: answer.json<Connected>().token };
}
const call = (id: string, verb: string, token: string, body?: object) =>
  api.send(`/agents/${id}/${verb}`, { token, method: 'POST', ...(body ? { body } : {}) });
const beat = ({ agent, token }: { agent: AgentRow; token: string }, body: object = { status: 'online' }) =>
  call(agent.id, 'heartbeat', token, body);
const eventsOf = async ({ id }: AgentRow) => {
  const rows = await api.database.db
    .selectFrom('events')
    .select(['type', 'data'])
    .where('subject', '=', id)
    .orderBy('id')
    .execute();
  return rows.map(({ type, data }) => [type, data.by ?? data.reason ?? data.to ?? data.from]);
};
const row = (agent: AgentRow) => rowOf(api.database, agent);
const change = ({ id }: AgentRow, columns: object) =>
  api.database.db.updateTable('agents').set(columns).where('id', '=', id).execute();
const sessions = ({ id }: AgentRow) =>
  api.database.db.selectFrom('agent_sessions').selectAll().where('agent_id', '=', id).execute();

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

describe('while the engine cannot be reached', () => {
  let way: CutOff;
  let away: TestApi;
  beforeAll(async () => {
    way = await cutOff(process.env.MAINSPRING_TEST_TEMPORAL ?? '');
    away = await startTestApi({ temporalAddress: way.address, database: api.database });
  });
  afterAll(async () => {
    way.mend();
    await away.close();
    await way.close();
  });

  test.each(['hang', 'break'] as const)(
    'a heartbeat is a 503 within 2 s, and counts all the same (%s)',
    async (fault) => {
      const { agent, token } = await connected();
      way[fault]();
      const startedAt = performance.now();
      const body = { status: 'busy' };
      const answer = await away.send(`/agents/${agent.id}/heartbeat`, { token, body });
      expect([answer.status, answer.problem().code]).toEqual([503, 'unavailable']);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(performance.now() - startedAt).toBeLessThan(2_200);
      await until(async () => (await row(agent)).connection === 'busy');
      way.mend();
    },
  );

  test('connecting is a 503 within 2 s, and works when the engine is back', async () => {
    const { agent, secret } = await armed();
    way.hang();
    const startedAt = performance.now();
    expect((await connect(agent.id, { secret }, {}, away)).status).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(2_200);
    way.mend();
    await until(async () => (await connect(agent.id, { secret }, {}, away)).status === 200, 15_000);
  });
});
