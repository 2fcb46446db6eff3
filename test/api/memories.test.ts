import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { AgentRow } from '../../src/db/agents.js';
import { MEMORY_LIMITS } from '../../src/schemas/memory.js';
import { anAgent } from '../support/agents.js';
import { type Sent, startTestApi, type TestApi } from '../support/api.js';

let api: TestApi;
let org: CreatedOrg;
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
});
afterAll(() => api.close());

const agent = () => anAgent(api.database, { orgId: org.orgId });
const send = ({ id }: AgentRow, path: string, sent: Sent = {}) =>
  api.send(`/agents/${id}/memories${path}`, { key: org.key, ...sent });
const put = (of: AgentRow, path: string, value: unknown) =>
  send(of, path, { method: 'PUT', body: { value } });
interface Memory {
  key: string;
  sessionId: string | null;
  value: unknown;
}
const remembered = async (of: AgentRow, path: string) =>
  (await send(of, path)).json<{ memory: Memory }>().memory?.value;
const list = async (of: AgentRow, query = '') =>
  (await send(of, query)).json<{ memories: Memory[]; nextCursor: string | null }>();

describe('what an agent remembers', () => {
  test('is what was last told to it, of the session that was meant', async () => {
    const one = await agent();
    expect((await put(one, '/mood', { now: 'good', before: null })).status).toBe(200);
    await put(one, '/mood?sessionId=s1', 'bad');
    await put(one, '/mood?sessionId=s1', 'better');
    expect(await remembered(one, '/mood')).toEqual({ now: 'good', before: null });
    expect(await remembered(one, '/mood?sessionId=s1')).toBe('better');
    expect((await send(one, '/mood?sessionId=s2')).status).toBe(404);
    expect(await remembered(await agent(), '/mood')).toBeUndefined();
  });

  test('is listed page by page, all of it or a session', async () => {
    const one = await agent();
    for (const path of ['/a', '/b', '/a?sessionId=s 1', '/b?sessionId=s 1']) await put(one, path, path);
    const first = await list(one, '?limit=3');
    const rest = await list(one, `?limit=3&cursor=${first.nextCursor}`);
    const all = [...first.memories, ...rest.memories].map(({ key, sessionId }) => `${sessionId}/${key}`);
    expect(all.toSorted()).toEqual(['null/a', 'null/b', 's 1/a', 's 1/b']);
    expect(rest.nextCursor).toBeNull();
    const { memories } = await list(one, '?sessionId=s 1');
    expect(memories.map(({ key }) => key).toSorted()).toEqual(['a', 'b']);
  });

  test('can be forgotten: an entry, a session, everything', async () => {
    const one = await agent();
    for (const path of ['/a', '/a?sessionId=s1', '/b?sessionId=s1', '/a?sessionId=s2'])
      await put(one, path, 1);
    expect((await send(one, '/a', { method: 'DELETE' })).status).toBe(204);
    expect((await send(one, '/a', { method: 'DELETE' })).status).toBe(404);
    const session = await send(one, '?sessionId=s1', { method: 'DELETE' });
    expect([session.status, session.json()]).toEqual([200, { deleted: 2 }]);
    expect((await list(one)).memories.map(({ sessionId }) => sessionId)).toEqual(['s2']);
    expect((await send(one, '', { method: 'DELETE' })).json()).toEqual({ deleted: 1 });
  });

  test('has limits: of a value, of a session, of a key', async () => {
    const one = await agent();
    const tooLarge = await put(one, '/a', 'x'.repeat(65_536));
    expect(tooLarge.problem()).toMatchObject({ status: 413, code: 'too_large' });
    for (const nothing of [null, undefined])
      expect((await put(one, '/a', nothing)).problem().errors).toEqual([
        { path: 'value', message: 'is required, and must not be null: DELETE forgets an entry' },
      ]);
    expect((await put(one, '/a%20b', 1)).status).toBe(404);
    expect((await put(one, '/a@b', 1)).problem().errors?.[0]?.path).toBe('key');
    const rows = Array.from({ length: MEMORY_LIMITS.perSession }, (_, index) => ({
      ...{ org_id: org.orgId, agent_id: one.id, session_id: 'full', key: `k${index}`, value: '1' },
    }));
    await api.database.db.insertInto('agent_memories').values(rows).execute();
    expect((await put(one, '/more?sessionId=full', 1)).problem().code).toBe('wrong_state');
    expect((await put(one, '/k0?sessionId=full', 2)).status).toBe(200);
    expect((await put(one, '/more?sessionId=other', 1)).status).toBe(200);
  });

  test('goes with the agent', async () => {
    const one = await agent();
    await put(one, '/a', 1);
    await api.send(`/agents/${one.id}`, { method: 'DELETE', token: org.adminToken });
    expect((await send(one, '/a')).status).toBe(404);
    const rows = await api.database.db
      .selectFrom('agent_memories')
      .select('key')
      .where('agent_id', '=', one.id)
      .execute();
    expect(rows).toEqual([]);
  });

  test('of an agent that is unknown is a 404', async () => {
    const unknown = { ...(await agent()), id: newId() };
    expect([(await send(unknown, '')).status, (await put(unknown, '/a', 1)).status]).toEqual([404, 404]);
  });
});
