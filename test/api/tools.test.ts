import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import { agentConfig } from '../../src/agents/agent-config.js';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { getAgent } from '../../src/db/agents.js';
import type { Agent } from '../../src/schemas/agent.js';
import type { Tool } from '../../src/schemas/tool.js';
import { type Answer, type Sent, startTestApi, type TestApi } from '../support/api.js';

let api: TestApi;
let org: CreatedOrg;
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
});
afterAll(() => api.close());

const admin = (path: string, sent: Sent = {}) => api.send(path, { token: org.adminToken, ...sent });
const toolOf = (answer: Answer) => answer.json<{ tool: Tool }>().tool;
async function create(over: Record<string, unknown> = {}): Promise<Tool> {
  const answer = await admin('/tools', { body: { name: `tool-${newId()}`, ...over } });
  if (answer.status !== 201) throw new Error(answer.text);
  return toolOf(answer);
}
const change = ({ id }: Tool, body: unknown, headers: Record<string, string> = {}) =>
  admin(`/tools/${id}`, { method: 'PATCH', body, headers });
const agentWith = async (...tools: Tool[]): Promise<string> => {
  const body = { name: newId(), tools: tools.map(({ name }) => name) };
  return (await admin('/agents', { body })).json<{ agent: Agent }>().agent.id;
};
async function given(agentId: string) {
  const { db } = api.database;
  const agent = await getAgent(db, org.orgId, agentId);
  if (!agent) throw new Error('no such agent');
  return agentConfig({ db, vault: api.vault }, agent, null);
}

describe('a tool', () => {
  test('stands as it was registered, secrets in its configuration masked', async () => {
    const answer = await admin('/tools', {
      body: {
        name: 'read-file',
        description: 'Reads a file',
        category: 'data',
        kind: 'http',
        schema: { input: { type: 'object', properties: { path: { type: 'string' } } } },
        config: { url: 'https://tools.example.com/', headers: { Authorization: 'Bearer hunter2' } },
      },
    });
    expect([answer.status, answer.headers.get('etag')]).toEqual([201, '"1"']);
    const tool = toolOf(answer);
    expect(answer.headers.get('location')).toBe(`/tools/${tool.id}`);
    expect(tool).toMatchObject({
      name: 'read-file',
      version: '1',
      category: 'data',
      status: 'active',
      kind: 'http',
      schema: { input: { type: 'object', properties: { path: { type: 'string' } } } },
      config: { url: 'https://tools.example.com/', headers: { Authorization: '***' } },
      requiresApproval: false,
    });
    expect(toolOf(await api.send(`/tools/${tool.id}`, { key: org.key }))).toEqual(tool);
    const rows = await api.database.db.selectFrom('tools').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain('hunter2');
    expect((await admin('/tools', { body: { name: 'read-file' } })).problem().code).toBe('name_taken');
  });

  test('is changed by an administrator, to the revision that was meant, and keeps its name', async () => {
    const tool = await create({ category: 'data', config: { apiKey: 'hunter2', retries: 1 } });
    const body = { category: null, version: '2', config: { apiKey: '***', retries: 2 } };
    const changed = await change(tool, body, { 'if-match': '"1"' });
    expect(toolOf(changed)).toMatchObject({ ...body, name: tool.name });
    expect((await change(tool, body, { 'if-match': '"1"' })).status).toBe(412);
    expect((await change(tool, { name: 'other' })).problem().errors?.[0]?.path).toBe('name');
    const row = await api.database.db
      .selectFrom('tools')
      .selectAll()
      .where('id', '=', tool.id)
      .executeTakeFirstOrThrow();
    expect(JSON.parse(api.vault.open(row.config))).toEqual({ apiKey: 'hunter2', retries: 2 });
    const byKey = await api.send(`/tools/${tool.id}`, { method: 'PATCH', key: org.key, body });
    expect(byKey.status).toBe(403);
  });

  test('is one, however often the request is repeated', async () => {
    const sent = { headers: { 'idempotency-key': 'tool' }, body: { name: `tool-${newId()}` } };
    const first = await admin('/tools', sent);
    await api.database.db
      .updateTable('idempotency_keys')
      .set({ status: null, leased_until: new Date(0) })
      .where('key', '=', 'tool')
      .execute();
    expect((await admin('/tools', sent)).text).toBe(first.text);
  });

  test('is listed by status, category and kind', async () => {
    const tool = await create({ category: 'rare', kind: 'mcp', config: { url: 'https://mcp.example.com/' } });
    const idsOf = async (query: string) =>
      (await admin(`/tools?${query}`)).json<{ tools: Tool[] }>().tools.map(({ id }) => id);
    expect(await idsOf('category=rare&status=active&kind=mcp')).toEqual([tool.id]);
    expect(await idsOf('category=rare&status=inactive')).toEqual([]);
  });
});

describe('a tool that is called over the network', () => {
  const url = 'https://tools.example.com/';
  const errorsOf = async (kind: string, body: Record<string, unknown>) => {
    const answer = await admin('/tools', { body: { name: `tool-${newId()}`, kind, ...body } });
    expect(answer.status).toBe(422);
    return answer.problem().errors?.map(({ path }) => path);
  };

  test.each([
    [{}, 'config.url'],
    [{ url: 'ftp://tools.example.com/' }, 'config.url'],
    [{ url: 'https://user:hunter2@tools.example.com/' }, 'config.url'],
    [{ url, method: 'TRACE' }, 'config.method'],
    [{ url, headers: { host: 'other.example.com' } }, 'config.headers.host'],
    [{ url, timeoutSeconds: 86_400 }, 'config.timeoutSeconds'],
    [{ url, retries: 3 }, 'config.retries'],
  ])('is refused with the configuration %j', async (config, path) => {
    expect(await errorsOf('http', { config })).toEqual([path]);
  });

  test.each(['10.0.0.1', '2852039166', '[fd00::1]', 'metadata.google.internal', 'printer.local'])(
    'never leads to %s',
    async (host) => {
      const config = { url: `http://${host}:8080/` };
      expect(await errorsOf('http', { config })).toEqual(['config.url']);
      expect(await errorsOf('mcp', { config })).toEqual(['config.url']);
    },
  );

  test.each([
    { type: 'string' },
    { type: 'object', properties: { a: { type: 'number', not: { const: 1 } } } },
    { type: 'object', properties: { a: { $ref: 'https://example.com/schema' } } },
    {
      type: 'object',
      properties: { a: { $ref: '#/$defs/a' } },
      $defs: { a: { items: { $ref: '#/$defs/a' } } },
    },
    { type: 'object', patternProperties: { '^(a+)+$': {} } },
  ])('is refused with a schema that cannot be checked: %j', async (input) => {
    expect(await errorsOf('http', { config: { url }, schema: { input } })).toEqual(['schema.input']);
  });

  test('stays what it is when a change would make it one that cannot be called', async () => {
    const tool = await create({
      kind: 'http',
      config: { url, headers: { authorization: 'Bearer hunter2' } },
    });
    const inward = await change(tool, { config: { url: 'http://10.0.0.1/' } });
    expect([inward.status, inward.problem().errors?.[0]?.path]).toEqual([422, 'config.url']);
    expect((await change(tool, { kind: 'mcp' })).status).toBe(200);
    expect((await change(tool, { kind: 'mcp', config: { url, method: 'GET' } })).status).toBe(422);
    const kept = await change(tool, { config: { url: `${url}v2`, headers: { authorization: '***' } } });
    expect(toolOf(kept)).toMatchObject({ kind: 'mcp', config: { url: `${url}v2` } });
  });
});

describe('what an agent is given', () => {
  test('is the tools on its list, in its order, and no others; an empty list is none', async () => {
    const [a, b] = [await create({ description: 'first' }), await create()];
    const config = await given(await agentWith(b, a));
    expect(config.tools).toEqual([
      { _id: b.id, name: b.name, description: '', schema: { type: 'object' } },
      { _id: a.id, name: a.name, description: 'first', schema: { type: 'object' } },
    ]);
    expect((await given(await agentWith())).tools).toEqual([]);
  });

  test('loses a tool as soon as that is inactive, and only those who had it are told', async () => {
    const tool = await create();
    const [holder, other] = [await agentWith(tool), await agentWith()];
    await change(tool, { status: 'inactive' });
    expect(await given(holder)).toMatchObject({ tools: [], configVersion: 2 });
    expect((await given(other)).configVersion).toBe(1);
    await change(tool, { description: 'still inactive' });
    expect((await given(holder)).configVersion).toBe(2);
    await change(tool, { status: 'active' });
    expect(await given(holder)).toMatchObject({ tools: [{ name: tool.name }], configVersion: 3 });
  });

  test('loses a tool that is deleted for good: another of its name is not given', async () => {
    const [tool, kept] = [await create(), await create()];
    const holder = await agentWith(tool, kept);
    expect((await admin(`/tools/${tool.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await admin(`/tools/${tool.id}`, { method: 'DELETE' })).status).toBe(404);
    await create({ name: tool.name });
    const { tools, configVersion } = await given(holder);
    expect([tools.map(({ name }) => name), configVersion]).toEqual([[kept.name], 2]);
    const answer = await admin(`/agents/${holder}`);
    expect(answer.headers.get('etag')).toBe('"2"');
    const events = await admin(`/agents/${holder}`).then(() =>
      api.database.db.selectFrom('events').select(['type', 'data']).where('subject', '=', holder).execute(),
    );
    expect(events.at(-1)).toMatchObject({ type: 'agent.updated', data: { fields: ['tools'] } });
  });
});
