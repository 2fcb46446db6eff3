import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { AgentRow } from '../../src/db/agents.js';
import type { Envelope, Message } from '../../src/schemas/message.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { aMailAgent, messageOf, QUESTION } from '../support/mail.js';

let api: TestApi;
let org: CreatedOrg;
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
});
afterAll(() => api.close());

const agent = (over: Partial<AgentRow> = {}) => aMailAgent(api, org.orgId, over);
const send = (path: string, body: object, headers: Record<string, string> = {}) =>
  api.send(path, { key: org.key, headers, body });
const get = async (id: string, query = '') =>
  messageOf(await api.send(`/messages/${id}${query}`, { key: org.key }));
const eventsOf = async (id: string) =>
  (await api.send(`/events?subject=${id}`, { key: org.key }))
    .json<{ events: { type: string; data: object }[] }>()
    .events.map(({ type, data }) => ({ type, ...data }));

describe('a message', () => {
  test('is in the mailbox as it was sent', async () => {
    const { row } = await agent();
    const body = {
      ...{ ...QUESTION, id: newId(), topic: 'chat', from: 'user-client', timestamp: 1_700_000_000 },
      replyTo: 'answers',
    };
    const answer = await send(`/agents/${row.id}/messages`, body);
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/messages/${body.id}`);
    expect(messageOf(answer)).toEqual({
      ...body,
      ...{ inReplyTo: null, createdAt: expect.any(String), expiresAt: null },
      receipts: [
        {
          ...{ agentId: row.id, status: 'queued', deliveries: 0, error: null, reply: null, replyId: null },
          ...{ taskId: null, queuedAt: expect.any(String), deliveredAt: null, endedAt: null },
        },
      ],
    });
    expect(await eventsOf(body.id)).toEqual([
      {
        ...{ type: 'question', agentId: row.id, topic: 'chat', from: 'user-client' },
      },
    ]);
  });

  test('is one, however often it is sent', async () => {
    const { row } = await agent();
    const body = { ...QUESTION, id: newId() };
    const [one, two] = [
      await send(`/agents/${row.id}/messages`, body),
      await send(`/agents/${row.id}/messages`, body),
    ];
    expect(two.json()).toEqual(one.json());
    const other = await send(`/agents/${row.id}/messages`, { ...body, payload: {} });
    expect([other.status, other.problem().code]).toEqual([409, 'id_taken']);
    const { row: another } = await agent();
    expect((await send(`/agents/${another.id}/messages`, body)).status).toBe(409);
    const key = { 'idempotency-key': newId() };
    const first = messageOf(await send(`/agents/${row.id}/messages`, QUESTION, key));
    expect(messageOf(await send(`/agents/${row.id}/messages`, QUESTION, key)).id).toBe(first.id);
  });

  test.each([
    ['without a type', { payload: {} }, 422, 'type'],
    ['with a topic that is a pattern', { ...QUESTION, topic: 'support.*' }, 422, 'topic'],
    ['with a place for its reply that is none', { ...QUESTION, replyTo: 'nobody at all' }, 422, 'replyTo'],
    ['with a timestamp in milliseconds', { ...QUESTION, timestamp: Date.now() * 1_000 }, 422, 'timestamp'],
    ['with an id that cannot be one', { ...QUESTION, id: 'a b' }, 422, 'id'],
    ['with a field that nobody knows', { ...QUESTION, priority: 1 }, 422, 'priority'],
    ['of more than 256 KB', { ...QUESTION, payload: { text: 'x'.repeat(262_144) } }, 413, 'payload'],
  ])('%s is refused', async (_, body, status, path) => {
    const { row } = await agent();
    const answer = await send(`/agents/${row.id}/messages`, body);
    expect([answer.status, answer.problem().errors?.map((error) => error.path)]).toEqual([status, [path]]);
  });

  test('reaches no agent of another organisation', async () => {
    const other = await api.org();
    const { row } = await aMailAgent(api, other.orgId);
    expect((await send(`/agents/${row.id}/messages`, QUESTION)).status).toBe(404);
    const id = messageOf(await api.send(`/agents/${row.id}/messages`, { key: other.key, body: QUESTION })).id;
    for (const path of [`/messages/${id}`, `/agents/${row.id}/messages`, `/agents/${row.id}/inbox`])
      expect((await api.send(path, { key: org.key })).status).toBe(404);
    const body = { leaseId: 'x' };
    for (const verb of ['ack', 'nack', 'extend'])
      expect((await send(`/messages/${id}/${verb}`, body)).status).toBe(404);
    const again = await send(`/agents/${row.id}/messages/${id}/redeliver`, {});
    expect(again.status).toBe(404);
  });

  test('is refused by an agent that has its hands full and wants none then', async () => {
    const { row } = await agent({ busy_policy: 'reject' });
    const body = { ...QUESTION, id: newId() };
    expect((await send(`/agents/${row.id}/messages`, QUESTION)).status).toBe(202);
    const refused = await send(`/agents/${row.id}/messages`, body);
    expect([refused.status, refused.problem().code]).toEqual([409, 'agent_busy']);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await api.send(`/messages/${body.id}`, { key: org.key })).status).toBe(404);
  });

  test('of an agent is from that agent', async () => {
    const [one, two] = [await agent(), await agent()];
    const path = `/agents/${two.row.id}/messages`;
    const sent = messageOf(await api.send(path, { token: one.token, body: QUESTION }));
    expect(sent.from).toBe(one.row.name);
    const named = { ...QUESTION, from: one.row.name };
    expect((await api.send(path, { token: one.token, body: named })).status).toBe(202);
    const wrong = await api.send(path, { token: one.token, body: { ...QUESTION, from: 'boss' } });
    expect([wrong.status, wrong.problem().errors?.[0]?.path]).toEqual([422, 'from']);
    // It sees what it sent, and nobody else's.
    expect((await api.send(`/messages/${sent.id}`, { token: one.token })).status).toBe(200);
    expect((await api.send(`/messages/${sent.id}`, { token: two.token })).status).toBe(200);
    expect((await api.send(`/messages/${sent.id}`, { token: (await agent()).token })).status).toBe(404);
    // Of what it got it sees what became of it there, and of what it sent everywhere.
    const topic = `t${newId()}`;
    const [three, four] = [await agent({ topics: [topic] }), await agent({ topics: [topic] })];
    const both = { token: one.token, body: QUESTION };
    const { id } = messageOf(await api.send(`/topics/${topic}/messages`, both));
    const seenBy = async ({ token }: { token: string }) =>
      messageOf(await api.send(`/messages/${id}`, { token })).receipts.map(({ agentId }) => agentId);
    expect(await seenBy(one)).toHaveLength(2);
    expect([await seenBy(three), await seenBy(four)]).toEqual([[three.row.id], [four.row.id]]);
    // All else about another agent stays closed to it.
    expect((await api.send(`/agents/${two.row.id}/inbox`, { token: one.token })).status).toBe(403);
    expect((await api.send(path, { token: one.token })).status).toBe(403);
  });

  test('can be waited for until every agent is done with it', async () => {
    const topic = `t${newId()}`;
    const [one, two] = [await agent({ topics: [topic] }), await agent({ topics: [topic] })];
    const { id } = messageOf(await send(`/topics/${topic}/messages`, QUESTION));
    const waiting = get(id, '?wait=20s');
    for (const { inbox, settle } of [one, two]) {
      await inbox();
      expect((await settle(id, 'ack', { reply: { content: 'ok' } })).status).toBe(200);
    }
    expect((await waiting).receipts.map(({ status, reply }) => [status, reply])).toEqual([
      ['processed', { content: 'ok' }],
      ['processed', { content: 'ok' }],
    ]);
    const gone = await agent();
    const lost = messageOf(await send(`/agents/${gone.row.id}/messages`, QUESTION));
    const [answer] = await Promise.all([
      get(lost.id, '?wait=20s'),
      setTimeout(200).then(() =>
        api.send(`/agents/${gone.row.id}`, { method: 'DELETE', token: org.adminToken }),
      ),
    ]);
    expect(answer.receipts).toEqual([]);
    const alone = messageOf(await send(`/topics/t${newId()}/messages`, QUESTION));
    expect((await get(alone.id, '?wait=20s')).receipts).toEqual([]);
  });
});

describe('the mail of an agent', () => {
  test('is listed, the newest first, page by page', async () => {
    const { row, inbox, settle } = await agent();
    const ids: string[] = [];
    for (let number = 0; number < 3; number++)
      ids.unshift(messageOf(await send(`/agents/${row.id}/messages`, QUESTION)).id);
    const list = async (query: string) =>
      (await api.send(`/agents/${row.id}/messages?${query}`, { key: org.key })).json<{
        messages: Message[];
        nextCursor: string | null;
      }>();
    const first = await list('limit=2');
    const second = await list(`limit=2&cursor=${first.nextCursor}`);
    expect([...first.messages, ...second.messages].map(({ id }) => id)).toEqual(ids);
    expect(second.nextCursor).toBeNull();
    await inbox();
    await settle(ids[2] ?? '', 'ack');
    expect((await list('status=processed')).messages.map(({ id }) => id)).toEqual([ids[2]]);
  });

  test('goes out once the agent runs', async () => {
    const { row, inbox } = await agent({ lifecycle: 'paused' });
    const { id } = messageOf(await send(`/agents/${row.id}/messages`, QUESTION));
    expect(await inbox()).toEqual([]);
    const waiting = inbox('?wait=20s');
    await api.send(`/agents/${row.id}/resume`, { method: 'POST', key: org.key });
    expect((await waiting).map((message) => message.id)).toEqual([id]);
  });

  test('that is dead is sent again, in its order', async () => {
    const { row, inbox, settle } = await agent({ max_deliveries: 1 });
    const ids: string[] = [];
    for (let number = 0; number < 3; number++) {
      ids.push(messageOf(await send(`/agents/${row.id}/messages`, QUESTION)).id);
      await inbox();
      await settle(ids[number] ?? '', 'nack', { error: 'broken' });
    }
    expect((await get(ids[0] ?? '')).receipts).toMatchObject([{ status: 'dead', error: 'broken' }]);
    const one = await send(`/agents/${row.id}/messages/${ids[0]}/redeliver`, {});
    expect(one.json()).toMatchObject({ receipt: { status: 'queued', error: null, deliveries: 1 } });
    const again = await send(`/agents/${row.id}/messages/${ids[0]}/redeliver`, {});
    expect([again.status, again.problem().code]).toEqual([409, 'wrong_state']);
    expect((await send(`/agents/${row.id}/messages/${newId()}/redeliver`, {})).status).toBe(404);
    const since = new Date(Date.now() - 60_000).toISOString();
    const all = await send(`/agents/${row.id}/messages/redeliver`, { status: 'dead', since });
    expect(all.json()).toEqual({ redelivered: 2 });
    for (const id of ids) {
      expect((await inbox()).map((message) => [message.id, message.delivery])).toEqual([[id, 2]]);
      await settle(id, 'ack');
    }
  });
});

describe('a topic', () => {
  test('reaches those that subscribe to it, but not who publishes', async () => {
    const word = `w${newId()}`;
    const [exact, wild, rest, other] = [
      await agent({ topics: [`${word}.billing`] }),
      await agent({ topics: [`${word}.*`] }),
      await agent({ topics: [`${word}.#`] }),
      await agent({ topics: [`${word}.billing.eu`] }),
    ];
    const path = `/topics/${word}.billing/messages`;
    const sent = messageOf(await api.send(path, { token: wild.token, body: QUESTION }));
    expect(sent).toMatchObject({ topic: `${word}.billing`, from: wild.row.name });
    expect(sent.receipts.map(({ agentId }) => agentId).sort()).toEqual([exact.row.id, rest.row.id].sort());
    expect(await other.inbox()).toEqual([]);
    expect(await exact.inbox()).toMatchObject([{ id: sent.id, topic: `${word}.billing` }]);
  });

  test('keeps what was published, to be read again from any message on', async () => {
    const topic = `t${newId()}`;
    const ids: string[] = [];
    for (let number = 0; number < 5; number++)
      ids.push(messageOf(await send(`/topics/${topic}/messages`, { ...QUESTION, payload: { number } })).id);
    const read = async (query: string) =>
      (await api.send(`/topics/${topic}/messages?${query}`, { key: org.key })).json<{
        messages: (Envelope & { cursor: string })[];
        nextCursor: string | null;
      }>();
    const first = await read('limit=3');
    expect(first.messages.map(({ id, payload }) => [id, payload.number])).toEqual(
      ids.slice(0, 3).map((id, number) => [id, number]),
    );
    const second = await read(`limit=3&cursor=${first.nextCursor}`);
    expect([second.messages.map(({ id }) => id), second.nextCursor]).toEqual([ids.slice(3), null]);
    const last = second.messages.at(-1)?.cursor;
    expect((await read(`cursor=${last}`)).messages).toEqual([]);
    const later = messageOf(await send(`/topics/${topic}/messages`, QUESTION));
    expect((await read(`cursor=${last}`)).messages.map(({ id }) => id)).toEqual([later.id]);
    // A message that was sent to one agent was not published.
    const { row } = await agent();
    await send(`/agents/${row.id}/messages`, { ...QUESTION, topic });
    expect((await read('')).messages).toHaveLength(6);
  });

  test('cannot be a pattern, nor another one than the path says', async () => {
    const pattern = await send('/topics/support.*/messages', QUESTION);
    expect([pattern.status, pattern.problem().errors?.[0]?.path]).toEqual([422, 'topic']);
    const other = await send('/topics/a/messages', { ...QUESTION, topic: 'b' });
    expect([other.status, other.problem().errors?.[0]?.path]).toEqual([422, 'topic']);
    const cursor = await api.send('/topics/a/messages?cursor=x', { key: org.key });
    expect([cursor.status, cursor.problem().errors?.[0]?.path]).toEqual([422, 'cursor']);
  });
});
