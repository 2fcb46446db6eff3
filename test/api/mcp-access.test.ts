import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { DEMO_KEY, type Sent, startTestApi, type TestApi } from '../support/api.js';
import { aMailAgent } from '../support/mail.js';
import { timerRequest } from '../support/mainspring.js';
import { type McpClient, openMcp } from '../support/mcp.js';

let api: TestApi;
let org: CreatedOrg;
let mcp: McpClient;
beforeAll(async () => {
  api = await startTestApi({ env: { CORS_ORIGINS: 'https://board.example.com' } });
  org = await api.org();
  mcp = await openMcp(api.url, { key: org.key });
});
afterAll(async () => {
  await mcp.close();
  await api.close();
});

const ACCEPT = { accept: 'application/json, text/event-stream' };
const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const post = (sent: Sent) =>
  api.send('/mcp', { key: org.key, body: LIST, ...sent, headers: { ...ACCEPT, ...sent.headers } });

describe('a caller', () => {
  test.each([
    ['without a credential', { headers: { 'x-forwarded-for': '203.0.113.9' } }],
    ['with a key that is none', { key: `mnt_${'a'.repeat(43)}` }],
    ['with a token that is none', { token: 'a.b.c' }],
  ])('%s is told how to show who it is', async (_, sent) => {
    const answer = await api.send('/mcp', { body: LIST, ...sent });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
    expect(answer.problem().code).toBe('unauthorized');
  });

  test('with an admin token sees what that may do, and no timers', async () => {
    const admin = await openMcp(api.url, { token: org.adminToken });
    const names = await admin.names();
    expect(names).toContain('submit_task');
    expect(names.filter((name) => name.includes('timer'))).toEqual([]);
    expect(await admin.fail('create_timer', timerRequest())).toContain('this takes an API key');
    await admin.close();
  });

  test('with a key of some tenants sees timers alone, and of those its own', async () => {
    const made = await api.send('/api-keys', {
      token: org.adminToken,
      body: { name: 'of one', tenants: ['tenant-9'] },
    });
    const limited = await openMcp(api.url, { key: made.json<{ key: string }>().key });
    expect((await limited.names()).every((name) => name.includes('timer'))).toBe(true);
    const { timer } = await mcp.call('create_timer', timerRequest());
    expect(await limited.fail('get_timer', { timerId: timer.id })).toContain('not_found');
    expect(await limited.fail('list_agents')).toContain('not limited to tenants');
    const own = await limited.call('create_timer', timerRequest({ tenantId: 'tenant-9' }));
    expect((await limited.call('list_timers')).timers).toEqual([own.timer]);
    await limited.close();
  });

  test('whose key was revoked gets no further', async () => {
    const made = await api.send('/api-keys', { token: org.adminToken, body: { name: 'short' } });
    const { key, apiKey } = made.json<{ key: string; apiKey: { id: string } }>();
    const short = await openMcp(api.url, { key });
    await api.send(`/api-keys/${apiKey.id}`, { token: org.adminToken, method: 'DELETE' });
    await expect(short.call('list_timers')).rejects.toThrow();
    await short.close();
  });
});

describe('an agent', () => {
  test('sees its mail alone, and is nobody else', async () => {
    const [own, other] = [await aMailAgent(api, org.orgId), await aMailAgent(api, org.orgId)];
    const agent = await openMcp(api.url, { token: own.token });
    const { tools } = await agent.client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual([
      ...['ack_message', 'extend_message', 'get_message', 'nack_message', 'publish_message'],
      ...['read_inbox', 'send_message', 'wait_for_message'],
    ]);
    const inbox = tools.find(({ name }) => name === 'read_inbox');
    expect(Object.keys(inbox?.inputSchema.properties ?? {})).not.toContain('agentId');
    const { message } = await agent.call('send_message', { agentId: other.row.id, type: 'hello' });
    expect(message.from).toBe(own.row.name);
    await mcp.call('send_message', { agentId: own.row.id, type: 'question' });
    const [taken] = (await agent.call('read_inbox')).messages;
    expect(taken.type).toBe('question');
    // Its own lease is the one that it has.
    expect((await agent.call('ack_message', { messageId: taken.id })).receipt.status).toBe('processed');
    const [foreign] = await other.inbox();
    expect(await agent.fail('ack_message', { messageId: foreign?.id })).toContain('not_leased');
    expect(await agent.fail('read_inbox', { agentId: other.row.id })).toContain('is not an argument');
    expect(await agent.fail('list_agents')).toContain('forbidden');
    await agent.close();
  });
});

describe('another organisation', () => {
  test('sees nothing, and cannot tell what is foreign from what is not there', async () => {
    const { timer } = await mcp.call('create_timer', timerRequest({ name: 'canary' }));
    const agent = await aMailAgent(api, org.orgId, { name: `canary ${randomUUID()}` });
    const { message } = await mcp.call('send_message', { agentId: agent.row.id, type: 'canary' });
    const wish = { agent_name: agent.row.name, prompt: 'canary', scheduled_at: '2030-01-01T00:00:00Z' };
    const { task_id } = await mcp.call('submit_task', wish);
    const cycle = { agent_name: agent.row.name, interval_seconds: 3_600 };
    const { schedule } = await mcp.call('create_schedule', cycle);
    const ids: Record<string, string> = {
      ...{ timerId: timer.id, agentId: agent.row.id, messageId: message.id },
      ...{ task_id, scheduleId: schedule.id },
    };
    const stranger = await openMcp(api.url, { key: (await api.org()).key });
    const { tools } = await stranger.client.listTools();
    const withId = tools.flatMap(({ name, inputSchema }) =>
      (inputSchema.required ?? []).filter((field) => ids[field]).map((field) => ({ name, field })),
    );
    expect(withId.length).toBeGreaterThanOrEqual(19);
    const rest: Record<string, object> = {
      move_timer: { duration: '1h' },
      send_message: { type: 'x' },
      ...Object.fromEntries(['ack', 'nack', 'extend'].map((verb) => [`${verb}_message`, { leaseId: 'x' }])),
    };
    for (const { name, field } of withId) {
      const words = await stranger.fail(name, { ...rest[name], [field]: ids[field] });
      expect([name, words]).toEqual([name, await stranger.fail(name, { ...rest[name], [field]: newId() })]);
      expect(words).toContain('not_found');
    }
    for (const name of ['list_timers', 'list_tasks', 'list_agents', 'list_schedules'])
      expect(JSON.stringify(await stranger.call(name))).not.toMatch(/canary/);
    await stranger.close();
  });
});

test('a list is short enough to be read, unless a longer one is asked for', async () => {
  const name = randomUUID();
  await Promise.all(Array.from({ length: 21 }, () => mcp.call('create_timer', timerRequest({ name }))));
  expect((await mcp.call('list_timers', { name })).timers).toHaveLength(20);
  expect((await mcp.call('list_timers', { name, limit: 50 })).timers).toHaveLength(21);
});

describe('a page in a browser', () => {
  test.each([
    ['https://board.example.com', 200],
    ['https://evil.example.com', 403],
    ['null', 403],
  ])('of %s is answered %i', async (origin, status) => {
    expect((await post({ headers: { origin } })).status).toBe(status);
  });

  test('of this server may call it on this machine, under no name that was rebound to it', async () => {
    const { port } = new URL(api.url);
    expect((await post({ headers: { origin: `http://127.0.0.1:${port}` } })).status).toBe(200);
    const host = `rebound.example.com:${port}`;
    const rebound = await new Promise<number>((resolve, reject) => {
      const headers = { ...ACCEPT, host, origin: `http://${host}`, 'x-api-key': DEMO_KEY };
      const request = httpRequest(`${api.url}/mcp`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
      });
      request.on('response', (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject);
      request.end(JSON.stringify(LIST));
    });
    expect(rebound).toBe(403);
  });
});

describe('what no client sends', () => {
  const call = (params: unknown) => post({ body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params } });
  const deep = '['.repeat(5_000) + ']'.repeat(5_000);

  test.each<[string, Sent, number]>([
    ['GET', { method: 'GET', body: undefined }, 405],
    ['DELETE', { method: 'DELETE', body: undefined }, 405],
    ['no JSON', { body: '{' }, 400],
    ['no JSON-RPC', { body: {} }, 422],
    ['a batch', { body: [LIST, LIST] }, 422],
    ['another media type', { headers: { 'content-type': 'text/plain' } }, 415],
    ['what is too deep', { body: `{"jsonrpc":"2.0","id":1,"method":"x","params":${deep}}` }, 422],
    ['what poisons objects', { body: '{"jsonrpc":"2.0","id":1,"__proto__":{}}' }, 422],
    ['too much', { body: JSON.stringify({ ...LIST, params: { text: 'x'.repeat(1_100_000) } }) }, 413],
  ])('%s is answered with a problem', async (_, sent, status) => {
    const answer = await post(sent);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  test('what takes no streams is told so', async () => {
    const answer = await fetch(`${api.url}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': org.key, accept: 'text/html' },
      body: JSON.stringify(LIST),
    });
    expect([answer.status, answer.statusText]).toEqual([406, 'Not Acceptable']);
    expect(await answer.text()).toContain('must accept both application/json and text/event-stream');
  });

  test.each([
    { name: 'no_such_tool', arguments: {} },
    { name: 'constructor', arguments: {} },
    { name: 'list_timers', arguments: [] },
    { name: 7 },
    {},
  ])('a call %j is an error of JSON-RPC, never of the server', async (params) => {
    const answer = await call(params);
    expect(answer.status).toBeLessThan(500);
    expect(answer.text).toContain('"error"');
    expect(answer.text).not.toContain('node_modules');
  });

  test.each([
    ['get_timer', {}, 'timerId: is required'],
    ['get_timer', { id: newId() }, '- timerId: is required\n- id: is not an argument of this tool'],
    ['get_timer', { timerId: { $ne: 1 } }, 'timerId: must be a text'],
    ['get_timer', { timerId: '../agents' }, 'not_found'],
    ['get_timer', { timerId: newId(), wait: '5s' }, 'wait: is not an argument of this tool'],
    ['list_timers', { limit: 0 }, 'limit: '],
    ['list_timers', { status: ['fired'] }, 'status: must be a text'],
    ['wait_for_timer', { timerId: newId(), wait: 'long' }, 'wait: '],
    ['wait_for_timer', { timerId: newId(), wait: '2h' }, 'wait: must not be longer than 1h'],
    ['create_timer', timerRequest({ fireAt: '2030-01-01T00:00:00Z', duration: '1h' }), 'duration: '],
    ['create_timer', timerRequest({ color: 'red' }), 'color'],
    ['create_timer', timerRequest({ idempotencyKey: 'two words' }), 'Idempotency-Key'],
    ['send_message', { agentId: newId(), type: 'x' }, 'not_found'],
    ['publish_message', { topic: 'news.*', type: 'x' }, 'topic: '],
  ])('%s %j says in words what is wrong and what to do', async (name, args, words) => {
    const text = await mcp.fail(name, args);
    expect(text).toContain(words);
    expect(text).toMatch(/^Failed \([a-z_]+\): .+\n/);
    expect(text.trimEnd().split('\n').length).toBeGreaterThanOrEqual(2);
    expect(text).not.toContain(' at ');
  });
});

test('a request counts once against the rate of its caller', async () => {
  const limited = await startTestApi({ env: { RATE_LIMITS: 'on', RATE_LIMIT_PRO: '5' } });
  try {
    const { key } = await limited.org();
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list_timers' } };
    const statuses: number[] = [];
    for (let number = 0; number < 6; number++)
      statuses.push((await limited.send('/mcp', { key, body, headers: ACCEPT })).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
  } finally {
    await limited.close();
  }
});
