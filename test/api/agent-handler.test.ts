import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { getAgent } from '../../src/db/agents.js';
import { startTestApi, type TestApi } from '../support/api.js';

let api: TestApi;
let orgId: string;
let token: string;
beforeAll(async () => {
  api = await startTestApi();
  const org = await api.org();
  ({ orgId, adminToken: token } = org);
});
afterAll(() => api.close());

type Answered = { agent: { id: string; handler: unknown } };
const create = (handler: unknown) =>
  api.send('/agents', { token, body: { name: `agent ${randomUUID()}`, handler } });
const change = (id: string, handler: unknown) =>
  api.send(`/agents/${id}`, { method: 'PATCH', token, body: { handler } });
const storedHandler = async (id: string) => (await getAgent(api.database.db, orgId, id))?.handler;

test('a handler is named by its name, or as an object', async () => {
  for (const handler of ['chat', { type: 'chat' }]) {
    const answer = await create(handler);
    expect(answer.status).toBe(201);
    expect(answer.json<Answered>().agent.handler).toEqual({ type: 'chat' });
  }
});

test('a handler that nobody has the code of is refused, with those that there are', async () => {
  const answer = await create('chatter');
  expect(answer.status).toBe(422);
  expect(answer.problem().errors).toEqual([
    { path: 'handler', message: 'must be one of chat, support, document, webhook' },
  ]);
});

test('the secrets of a webhook are sealed, never shown, and kept by their mask', async () => {
  const url = 'https://user:pass@hooks.example.com/mail';
  const answer = await create({ type: 'webhook', url, headers: { Authorization: 'Bearer secret' } });
  expect(answer.text).not.toMatch(/pass|Bearer/);
  const { id, handler } = answer.json<Answered>().agent;
  const before = await storedHandler(id);
  expect(JSON.stringify(before)).not.toMatch(/pass|Bearer/);

  expect((await change(id, handler)).status).toBe(200);
  expect(await storedHandler(id)).toEqual(before);

  const unknown = await change(id, {
    type: 'webhook',
    url: 'https://a.example.com',
    headers: { Other: '***' },
  });
  expect(unknown.status).toBe(422);
  expect(unknown.problem().errors).toMatchObject([{ path: 'handler.headers.Other' }]);
});

test('a mask keeps no secret of another address', async () => {
  const headers = { Authorization: 'Bearer secret' };
  const answer = await create({ type: 'webhook', url: 'https://user:pass@hooks.example.com/mail', headers });
  const { id } = answer.json<Answered>().agent;
  const taken = {
    type: 'webhook',
    url: 'https://elsewhere.example.com/mail',
    headers: { Authorization: '***' },
  };
  expect((await change(id, taken)).status).toBe(422);
  const moved = await change(id, { type: 'webhook', url: 'https://user:***@elsewhere.example.com/mail' });
  expect(moved.status).toBe(422);
  expect(moved.problem().errors).toMatchObject([{ path: 'handler.url' }]);
});

test('a webhook that leads inwards is refused', async () => {
  const answer = await create({ type: 'webhook', url: 'http://10.0.0.1/' });
  expect(answer.status).toBe(422);
});
