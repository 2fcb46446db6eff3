import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import { openSession } from '../../src/agents/connections.js';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { Agent } from '../../src/schemas/agent.js';
import { type Answer, type Sent, startTestApi, type TestApi } from '../support/api.js';

let api: TestApi;
let org: CreatedOrg;
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
});
afterAll(() => api.close());

const admin = (path: string, sent: Sent = {}) => api.send(path, { token: org.adminToken, ...sent });
const agentOf = (answer: Answer) => answer.json<{ agent: Agent }>().agent;
async function create(over: Record<string, unknown> = {}): Promise<Agent> {
  const answer = await admin('/agents', { body: { name: `agent ${newId()}`, ...over } });
  if (answer.status !== 201) throw new Error(answer.text);
  return agentOf(answer);
}
const change = ({ id }: Agent, body: unknown, headers: Record<string, string> = {}) =>
  admin(`/agents/${id}`, { method: 'PATCH', body, headers });
const read = async ({ id }: Agent) => agentOf(await api.send(`/agents/${id}`, { key: org.key }));
const rowOf = ({ id }: Agent) =>
  api.database.db.selectFrom('agents').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
const eventsOf = ({ id }: Agent) =>
  api.database.db
    .selectFrom('events')
    .select(['type', 'data'])
    .where('subject', '=', id)
    .orderBy('id')
    .execute();
const aTool = async (name = `tool-${newId()}`) => {
  await admin('/tools', { body: { name } });
  return name;
};

describe('a new agent', () => {
  test('stands as it was asked for, and has never connected', async () => {
    const tool = await aTool();
    const answer = await admin('/agents', {
      body: {
        name: 'Shoes',
        type: 'sales',
        instruction: { systemPrompt: 'You sell shoes.', guidelines: ['Ask for the size.'] },
        tools: [tool],
        settings: { claudeModel: 'haiku', maxTurns: 3 },
        model: 'haiku',
        heartbeat: { interval: '10s', missedAfter: 2 },
      },
    });
    expect(answer.status).toBe(201);
    const agent = agentOf(answer);
    expect(answer.headers.get('location')).toBe(`/agents/${agent.id}`);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(agent).toMatchObject({
      orgId: org.orgId,
      name: 'Shoes',
      type: 'sales',
      description: null,
      status: 'inactive',
      lifecycle: 'created',
      connection: 'offline',
      lastHeartbeatAt: null,
      metrics: null,
      instruction: { systemPrompt: 'You sell shoes.', guidelines: ['Ask for the size.'] },
      tools: [tool],
      settings: { claudeModel: 'haiku', maxTurns: 3 },
      environment: {},
      heartbeat: { intervalMs: 10_000, missedAfter: 2, onMissed: [] },
      configVersion: 1,
      run: { workflowId: `agent/${org.orgId}/${agent.id}` },
    });
    expect(await read(agent)).toEqual(agent);
    expect(await eventsOf(agent)).toEqual([{ type: 'agent.created', data: { name: 'Shoes' } }]);
  });

  test('is one, however often the request is repeated', async () => {
    const sent = { headers: { 'idempotency-key': 'one' }, body: { name: 'repeated' } };
    const first = await admin('/agents', sent);
    // As after an answer that was lost.
    await api.database.db
      .updateTable('idempotency_keys')
      .set({ status: null, leased_until: new Date(0) })
      .where('key', '=', 'one')
      .execute();
    const second = await admin('/agents', sent);
    expect([second.status, second.text]).toEqual([201, first.text]);
    expect(await eventsOf(agentOf(first))).toHaveLength(1);
  });

  test('does not take the name of another, but may have one from elsewhere', async () => {
    const { name } = await create();
    const again = await admin('/agents', { body: { name } });
    expect([again.status, again.problem().code]).toEqual([409, 'name_taken']);
    const other = await api.org();
    expect((await api.send('/agents', { token: other.adminToken, body: { name } })).status).toBe(201);
  });

  test.each([
    [{ tools: ['unheard-of'] }, 'tools.0'],
    [{ settings: { discord: { token: '***' } } }, 'settings.discord.token'],
    [{ environment: { 'A-B': 'x' } }, 'environment.A-B'],
    [{ heartbeat: { interval: '10ms' } }, 'heartbeat.interval'],
    [{ heartbeat: { onMissed: [{ type: 'webhook', url: 'http://10.0.0.1/' }] } }, 'heartbeat.onMissed.0.url'],
    [
      { heartbeat: { onMissed: [{ type: 'email', email_recipients: ['a@example.com'] }] } },
      'heartbeat.onMissed.0.type',
    ],
    [
      { heartbeat: { onMissed: [{ type: 'teams', teams_webhook_url: '***' }] } },
      'heartbeat.onMissed.0.teams_webhook_url',
    ],
    [
      { heartbeat: { onMissed: [{ type: 'signal', workflowId: 'agent/x/y', signal: 's' }] } },
      'heartbeat.onMissed.0.workflowId',
    ],
    [{ lifecycle: 'running' }, 'lifecycle'],
  ])('%j is refused by its path', async (over, path) => {
    const answer = await admin('/agents', { body: { name: 'refused', ...over } });
    expect(answer.status).toBe(422);
    expect(answer.problem().errors?.map((error) => error.path)).toEqual([path]);
  });

  test('is made by an administrator only, and read with a key that sees all tenants', async () => {
    expect((await api.send('/agents', { key: org.key, body: { name: 'x' } })).status).toBe(403);
    const body = { name: 'limited', tenants: ['a'] };
    const { key } = (await admin('/api-keys', { body })).json<{ key: string }>();
    expect((await api.send('/agents', { key })).status).toBe(403);
    expect((await api.send('/agents', { key: org.key })).status).toBe(200);
  });
});

describe('secrets', () => {
  const secrets = {
    settings: { discord: { token: 'hunter2', channel: 'c' }, maxTurns: 1 },
    environment: { API_TOKEN: 'hunter2', DB: 'postgres://u:hunter2@db/x', PLAIN: 'p' },
    heartbeat: {
      onMissed: [
        { type: 'webhook', url: 'https://u:hunter2@a.example/', headers: { 'X-Key': 'hunter2' } },
        { type: 'telegram', telegram_bot_token: '123:hunter2', telegram_chat_id: '@ops_room' },
        { type: 'teams', teams_webhook_url: 'https://a.example/hunter2' },
      ],
    },
  };

  test('are masked for people, and nowhere in the row or the events', async () => {
    const agent = await create(secrets);
    expect(agent.settings).toEqual({ discord: { token: '***', channel: 'c' }, maxTurns: 1 });
    expect(agent.environment).toEqual({ API_TOKEN: '***', DB: 'postgres://***:***@db/x', PLAIN: 'p' });
    expect(agent.heartbeat.onMissed).toMatchObject([
      { type: 'webhook', url: 'https://***:***@a.example/', headers: { 'X-Key': '***' } },
      { type: 'telegram', telegram_bot_token: '***', telegram_chat_id: '@ops_room' },
      { type: 'teams', teams_webhook_url: '***' },
    ]);
    const stored = JSON.stringify([await rowOf(agent), await eventsOf(agent)]);
    expect(stored).not.toContain('hunter2');
    expect(api.vault.open((await rowOf(agent)).settings)).toContain('hunter2');
  });

  test('stay where their mask is sent back', async () => {
    const agent = await create(secrets);
    const settings = { discord: { token: '***', channel: 'd' }, maxTurns: 2 };
    const changed = agentOf(await change(agent, { settings, environment: agent.environment }));
    expect(changed).toMatchObject({ settings, environment: agent.environment });
    const row = await rowOf(agent);
    expect(JSON.parse(api.vault.open(row.settings)).discord).toEqual({ token: 'hunter2', channel: 'd' });
    expect(JSON.parse(api.vault.open(row.environment))).toEqual(secrets.environment);
    const lost = await change(agent, { environment: { OTHER_TOKEN: '***' } });
    expect(lost.problem().errors?.[0]?.path).toBe('environment.OTHER_TOKEN');
  });
});

describe('a change', () => {
  test('replaces what it names and leaves the rest; null takes away', async () => {
    const agent = await create({ type: 'a', description: 'd', model: 'm', settings: { one: 1, two: 2 } });
    const body = { description: null, settings: { two: null }, heartbeat: { interval: '5s' } };
    const answer = await change(agent, body);
    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"2"']);
    expect(agentOf(answer)).toMatchObject({
      name: agent.name,
      type: 'a',
      description: null,
      model: 'm',
      settings: { two: null },
      heartbeat: { intervalMs: 5_000, missedAfter: 3 },
    });
    expect((await eventsOf(agent)).at(-1)).toEqual({
      type: 'agent.updated',
      data: { name: agent.name, fields: ['description', 'settings', 'heartbeat'] },
    });
    expect((await change(agent, { name: null })).problem().errors?.[0]?.path).toBe('name');
  });

  test('raises the configuration version where it concerns what the agent is given', async () => {
    const agent = await create();
    const versionAfter = async (body: unknown) => agentOf(await change(agent, body)).configVersion;
    expect(await versionAfter({ description: 'for people' })).toBe(1);
    expect(await versionAfter({ settings: { a: 1 } })).toBe(2);
    expect(await versionAfter({ tools: [await aTool()] })).toBe(3);
    expect(await versionAfter({ instruction: { systemPrompt: 'p' } })).toBe(4);
  });

  test('is made only to the revision that was meant', async () => {
    const agent = await create();
    expect((await change(agent, { type: 'b' }, { 'if-match': '"1"' })).status).toBe(200);
    const stale = await change(agent, { type: 'c' }, { 'if-match': '"1"' });
    expect([stale.status, stale.problem().code]).toEqual([412, 'precondition_failed']);
    expect((await read(agent)).type).toBe('b');
    expect((await change(agent, { type: 'd' }, { 'if-match': '"7", "2"' })).status).toBe(200);
    expect((await change(agent, { type: 'e' }, { 'if-match': '*' })).status).toBe(200);
    const headers = { 'if-match': 'W/"4"' };
    expect((await admin(`/agents/${agent.id}`, { method: 'DELETE', headers })).status).toBe(412);
  });

  test('of two at once with the same ETag exactly one is made', async () => {
    const agent = await create();
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((type) => change(agent, { type }, { 'if-match': '"1"' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
  });

  test('does not take the name of another, or a tool that nobody knows', async () => {
    const [one, other] = [await create(), await create()];
    expect((await change(one, { name: other.name })).problem().code).toBe('name_taken');
    const answer = await change(one, { tools: [await aTool(), 'unheard-of'] });
    expect(answer.problem().errors?.[0]?.path).toBe('tools.1');
    expect(await read(one)).toEqual(one);
  });
});

describe('the list', () => {
  test('filters, and pages through each once', async () => {
    const other = await api.org();
    const send = (path: string, sent: Sent = {}) => api.send(path, { token: other.adminToken, ...sent });
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      ids.push(agentOf(await send('/agents', { body: { name, type: name < 'c' ? 'x' : 'y' } })).id);
    const [, b, c, d] = ids;
    for (const [id, connection] of [
      [b, 'busy'],
      [c, 'idle'],
    ] as const)
      await openSession(
        api.database.db,
        { orgId: other.orgId, agentId: id ?? '' },
        { id: newId(), context: null, connection, at: new Date() },
        { start: 'connect' },
      );
    await send(`/agents/${d}/suspend`, { method: 'POST' });
    const list = async (query: string) =>
      (await send(`/agents?${query}`)).json<{ agents: Agent[]; nextCursor: string | null }>();
    const namesOf = async (query: string) => (await list(query)).agents.map(({ name }) => name);
    expect(await namesOf('')).toEqual(['e', 'd', 'c', 'b', 'a']);
    expect(await namesOf('type=x')).toEqual(['b', 'a']);
    expect(await namesOf('name=c')).toEqual(['c']);
    expect(await namesOf('connection=idle')).toEqual(['c']);
    expect(await namesOf('lifecycle=running')).toEqual(['c', 'b']);
    expect(await namesOf('status=busy')).toEqual(['b']);
    expect(await namesOf('status=active')).toEqual(['c']);
    expect(await namesOf('status=suspended')).toEqual(['d']);
    expect(await namesOf('status=inactive')).toEqual(['e', 'a']);
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { agents, nextCursor } = await list(`limit=2${cursor}`);
      seen.push(...agents.map(({ id }) => id));
      if (nextCursor === null) break;
      cursor = `&cursor=${nextCursor}`;
    }
    expect(seen).toEqual([...ids].reverse());
  });
});

describe('a deletion', () => {
  test('ends the session, takes the agent away and tells of both; a second one finds nothing', async () => {
    const agent = await create();
    const ref = { orgId: org.orgId, agentId: agent.id };
    const session = { id: newId(), context: null, connection: 'online' as const, at: new Date() };
    await openSession(api.database.db, ref, session, { start: 'connect' });
    const remove = () => admin(`/agents/${agent.id}`, { method: 'DELETE' });
    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(404);
    expect((await admin(`/agents/${agent.id}`)).status).toBe(404);
    const types = (await eventsOf(agent)).map(({ type }) => type);
    expect(types.slice(-3)).toEqual(['agent.disconnected', 'agent.status_changed', 'agent.deleted']);
    expect(agentOf(await admin('/agents', { body: { name: agent.name } })).id).not.toBe(agent.id);
  });
});
