import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { AgentRow } from '../../src/db/agents.js';
import type { Receipt } from '../../src/schemas/message.js';
import { type Answer, startTestApi, type TestApi } from '../support/api.js';
import { aMailAgent, messageOf, QUESTION } from '../support/mail.js';
import { until } from '../support/until.js';

let api: TestApi;
let org: CreatedOrg;
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
});
afterAll(() => api.close());

const agent = (over: Partial<AgentRow> = {}) => aMailAgent(api, org.orgId, over);
const send = async (agentId: string, over: object = {}) =>
  messageOf(await api.send(`/agents/${agentId}/messages`, { key: org.key, body: { ...QUESTION, ...over } }))
    .id;
const receipt = async (id: string) => {
  const [one] = messageOf(await api.send(`/messages/${id}`, { key: org.key })).receipts;
  return one;
};
const receiptOf = (answer: Answer) => answer.json<{ receipt: Receipt }>().receipt;
/** As if so much time had passed. */
const age = (messageId: string, column: 'leased_until' | 'available_at' | 'expires_at') =>
  api.database.db
    .updateTable('receipts')
    .set({ [column]: new Date(Date.now() - 1) })
    .where('message_id', '=', messageId)
    .execute();

describe('an inbox', () => {
  test('gives one message after the other, in their order', async () => {
    const { row, inbox, settle } = await agent();
    const ids = [await send(row.id), await send(row.id), await send(row.id)];
    for (const id of ids) {
      const [message, ...others] = await inbox('?max=10&lease=10s');
      expect(others).toEqual([]);
      expect(message).toMatchObject({ ...QUESTION, id, from: 'api', delivery: 1, inReplyTo: null });
      expect(await inbox()).toEqual([]);
      expect(receiptOf(await settle(id, 'ack'))).toMatchObject({ status: 'processed', reply: null });
    }
    expect(await inbox()).toEqual([]);
  });

  test('never gives more at once than the agent handles, and none to two', async () => {
    const { row, inbox } = await agent({ concurrency: 3 });
    for (let number = 0; number < 5; number++) await send(row.id);
    const answers = await Promise.all([inbox('?max=2'), inbox('?max=2'), inbox('?max=2')]);
    const ids = answers.flat().map(({ id }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([3, 3]);
  });

  test('holds its answer until a message comes', async () => {
    const { row, inbox } = await agent();
    const waiting = inbox('?wait=20s');
    const id = await send(row.id);
    expect((await waiting).map((message) => message.id)).toEqual([id]);
  });

  test('gives nothing when the wait is over', async () => {
    const { inbox } = await agent();
    expect(await inbox('?wait=50ms')).toEqual([]);
  });

  test('takes nothing for somebody who went away', async () => {
    const { row, token, inbox } = await agent();
    const leaving = new AbortController();
    const headers = { authorization: `Bearer ${token}` };
    const left = fetch(`${api.url}/agents/${row.id}/inbox?wait=30s&lease=2s`, {
      headers,
      signal: leaving.signal,
    });
    const gone = left.then(
      () => 'answered',
      () => 'gone',
    );
    await until(async () => (await Promise.race([gone, Promise.resolve('waiting')])) === 'waiting');
    leaving.abort();
    expect(await gone).toBe('gone');
    const id = await send(row.id);
    expect((await inbox('?wait=20s')).map((message) => message.id)).toEqual([id]);
  });

  test('gives a message again whose lease ran out, to whoever waits', async () => {
    const { row, inbox, settle } = await agent();
    const id = await send(row.id);
    const [first] = await inbox('?lease=100ms');
    const [second] = await inbox('?wait=20s');
    expect(second).toMatchObject({ id, delivery: 2 });
    expect(second?.leaseId).not.toBe(first?.leaseId);
    const late = await settle(id, 'ack', { leaseId: first?.leaseId });
    expect([late.status, late.problem().code]).toEqual([409, 'not_leased']);
    expect((await settle(id, 'ack', { leaseId: second?.leaseId })).status).toBe(200);
  });

  test('gives up what was taken too often', async () => {
    const { row, inbox } = await agent({ max_deliveries: 2 });
    const id = await send(row.id);
    for (const delivery of [1, 2]) {
      expect((await inbox()).map((message) => message.delivery)).toEqual([delivery]);
      await age(id, 'leased_until');
    }
    expect(await inbox()).toEqual([]);
    expect(await receipt(id)).toMatchObject({ status: 'dead', deliveries: 2, error: 'lease_expired' });
  });

  test('gives up what is too old', async () => {
    const { row, inbox } = await agent();
    const [old, young] = [await send(row.id, { ttl: '1h' }), await send(row.id, { ttl: '1h' })];
    await age(old, 'expires_at');
    expect((await inbox()).map(({ id }) => id)).toEqual([young]);
    expect(await receipt(old)).toMatchObject({ status: 'dead', deliveries: 0, error: 'expired' });
  });

  test('is none where messages are handled here', async () => {
    const { row, token } = await agent({ handler: { type: 'chat' } });
    const answer = await api.send(`/agents/${row.id}/inbox`, { token });
    expect([answer.status, answer.problem().code]).toEqual([409, 'wrong_state']);
  });

  test('is open to an API key, which names the lease', async () => {
    const { row } = await agent();
    const id = await send(row.id);
    const answer = await api.send(`/agents/${row.id}/inbox`, { key: org.key });
    const [message] = answer.json<{ messages: { leaseId: string }[] }>().messages;
    const nameless = await api.send(`/messages/${id}/ack`, { key: org.key, body: {} });
    expect([nameless.status, nameless.problem().errors?.[0]?.path]).toEqual([422, 'leaseId']);
    const { leaseId = '' } = message ?? {};
    expect((await api.send(`/messages/${id}/ack`, { key: org.key, body: { leaseId } })).status).toBe(200);
  });
});

describe('a leased message', () => {
  test('that is refused waits, and holds up those behind it', async () => {
    const { row, inbox, settle } = await agent();
    const [first, second] = [await send(row.id), await send(row.id)];
    await inbox();
    const refused = receiptOf(await settle(first, 'nack', { error: 'not now', delay: '1h' }));
    expect(refused).toMatchObject({ status: 'queued', error: 'not now', deliveries: 1 });
    expect(await inbox()).toEqual([]);
    await age(first, 'available_at');
    expect((await inbox()).map(({ id }) => id)).toEqual([first]);
    await settle(first, 'ack');
    expect((await inbox()).map(({ id }) => id)).toEqual([second]);
  });

  test('that waits is passed over where several are handled at once', async () => {
    const { row, inbox, settle } = await agent({ concurrency: 2 });
    const [first, second] = [await send(row.id), await send(row.id)];
    await inbox();
    await settle(first, 'nack', { delay: '1h' });
    expect((await inbox()).map(({ id }) => id)).toEqual([second]);
  });

  test('comes again by itself when its wait is over', async () => {
    const { row, inbox, settle } = await agent();
    const id = await send(row.id);
    await inbox();
    await settle(id, 'nack', { delay: '100ms' });
    expect((await inbox('?wait=20s')).map((message) => message.id)).toEqual([id]);
  });

  test('is held for longer when that is asked for', async () => {
    const { row, inbox, settle } = await agent();
    const id = await send(row.id);
    const [message] = await inbox('?lease=1s');
    const answer = await settle(id, 'extend', { lease: '10m' });
    const { leasedUntil } = answer.json<{ leasedUntil: string }>();
    expect(Date.parse(leasedUntil) - Date.parse(message?.leasedUntil ?? '')).toBeGreaterThan(500_000);
  });

  test.each(['ack', 'nack', 'extend'] as const)('cannot be met with %s once it has ended', async (verb) => {
    const { row, inbox, settle } = await agent();
    const id = await send(row.id);
    expect((await settle(id, verb)).problem().code).toBe('not_leased');
    await inbox();
    await settle(id, 'ack');
    const answer = await settle(id, verb);
    expect([answer.status, answer.problem().code]).toEqual([409, 'not_leased']);
    const other = await agent();
    expect((await other.settle(id, verb)).status).toBe(409);
    expect((await other.settle(newId(), verb)).status).toBe(404);
  });

  test('that is given up for another one is no longer held', async () => {
    const { row, inbox, settle } = await agent({ busy_policy: 'interrupt' });
    const first = await send(row.id);
    await inbox();
    const second = await send(row.id);
    expect(await receipt(first)).toMatchObject({ status: 'failed', error: 'interrupted' });
    expect((await settle(first, 'ack')).status).toBe(409);
    expect((await inbox()).map(({ id }) => id)).toEqual([second]);
  });
});

describe('a reply', () => {
  test('goes to the agent that asked for it, and to the topic', async () => {
    const topic = `t${newId()}`;
    const [asks, answers, listens] = [
      await agent(),
      await agent({ topics: [topic] }),
      await agent({ topics: [topic] }),
    ];
    const { id } = messageOf(
      await api.send(`/topics/${topic}/messages`, {
        ...{ token: asks.token, body: { ...QUESTION, replyTo: asks.row.id } },
      }),
    );
    await answers.inbox();
    const { replyId } = receiptOf(await answers.settle(id, 'ack', { reply: { content: 'nothing' } }));
    const reply = {
      ...{ type: 'question', from: answers.row.name, inReplyTo: id, topic, replyTo: null },
      payload: { content: 'nothing' },
    };
    expect(await asks.inbox()).toMatchObject([{ ...reply, id: replyId }]);
    await listens.inbox();
    await listens.settle(id, 'ack');
    expect(await listens.inbox()).toMatchObject([reply]);
    expect(await answers.inbox()).toEqual([]);
  });

  test('goes to a topic that the message names', async () => {
    const [replies, { row, inbox, settle }] = [`r${newId()}`, await agent()];
    const listener = await agent({ topics: [replies] });
    const id = await send(row.id, { replyTo: replies });
    await inbox();
    await settle(id, 'ack', { reply: { content: 'yes' } });
    expect(await listener.inbox()).toMatchObject([{ topic: replies, inReplyTo: id }]);
  });

  test('to a reply is not published: two agents would never end', async () => {
    const topic = `t${newId()}`;
    const [one, two] = [await agent({ topics: [topic] }), await agent({ topics: [topic] })];
    const { id } = messageOf(
      await api.send(`/topics/${topic}/messages`, { token: one.token, body: QUESTION }),
    );
    await two.inbox();
    await two.settle(id, 'ack', { reply: { content: 'one' } });
    const [heard] = await one.inbox();
    expect(heard).toMatchObject({ inReplyTo: id });
    await one.settle(heard?.id ?? '', 'ack', { reply: { content: 'two' } });
    expect(await two.inbox()).toEqual([]);
  });
});
