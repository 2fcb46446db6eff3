import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import type { CreatedOrg } from '../../src/api/create-org.js';
import {
  AIWMClient,
  type LeasedMessage,
  type Listing,
  MainspringClient,
  type MessageHandler,
  type MessageLoop,
  type NewAgent,
  type OnMessageOptions,
} from '../../src/client/index.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { QUESTION } from '../support/mail.js';
import { until } from '../support/until.js';
import { type FakeServer, hangUp, json, openFakeServer, problem } from './fake-server.js';

async function all<Item>(listing: Listing<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of listing) items.push(item);
  return items;
}

describe('against the API', () => {
  let api: TestApi;
  let org: CreatedOrg;
  let client: MainspringClient;
  let loops: MessageLoop[] = [];
  beforeAll(async () => {
    api = await startTestApi();
    org = await api.org();
    const { key: apiKey, adminToken: token } = org;
    client = new MainspringClient({ baseUrl: api.url, apiKey, token, retries: 0 });
  });
  afterEach(async () => {
    await Promise.all(loops.map((loop) => loop.stop()));
    loops = [];
  });
  afterAll(() => api.close());

  async function agent(over: Partial<NewAgent> = {}) {
    const { id } = await client.agents.create({ name: newId(), ...over });
    return client.agents.start(id);
  }
  function handle(agentId: string, handler: MessageHandler, options: OnMessageOptions = {}): MessageLoop {
    const loop = client.messages.onMessage(agentId, handler, options);
    loops.push(loop);
    return loop;
  }

  test('what a handler answers is the reply', async () => {
    const { id } = await agent();
    handle(id, ({ payload, from }) => ({ content: `${from} said ${payload.content}` }));
    const sent = await client.messages.send(id, { ...QUESTION, from: 'Ada' });
    const [receipt] = (await client.messages.wait(sent.id)).receipts;
    expect(receipt).toMatchObject({ status: 'processed', reply: { content: 'Ada said What is new?' } });
  });

  test('what a handler throws refuses the message, which comes again', async () => {
    const { id } = await agent();
    const errors: unknown[] = [];
    const deliveries: number[] = [];
    const handler = ({ delivery }: LeasedMessage) => {
      deliveries.push(delivery);
      if (delivery === 1) throw new Error('not yet');
      return 'at last';
    };
    handle(id, handler, { onError: (error) => errors.push(error) });
    const sent = await client.messages.send(id, QUESTION);
    const [receipt] = (await client.messages.wait(sent.id)).receipts;
    expect(receipt).toMatchObject({ status: 'processed', reply: { content: 'at last' } });
    expect([deliveries, errors]).toEqual([[1, 2], [new Error('not yet')]]);
  });

  test('a message that was given up for another one is told so', async () => {
    const { id } = await agent({ busyPolicy: 'interrupt' });
    const ends: string[] = [];
    const handler: MessageHandler = async ({ payload }, { signal }) => {
      if (payload.content === 'new') return;
      await until(() => signal.aborted);
      ends.push('aborted');
    };
    handle(id, handler, { leaseMs: 300 });
    const old = await client.messages.send(id, { ...QUESTION, payload: { content: 'old' } });
    await until(async () => (await client.messages.get(old.id)).receipts[0]?.status === 'delivered');
    const next = await client.messages.send(id, { ...QUESTION, payload: { content: 'new' } });
    expect((await client.messages.wait(next.id)).receipts[0]?.status).toBe('processed');
    expect((await client.messages.wait(old.id)).receipts[0]).toMatchObject({
      ...{ status: 'failed', error: 'interrupted' },
    });
    await until(() => ends.length > 0);
  });

  test('as many are handled at once as the agent allows, and no more than the loop does', async () => {
    const { id } = await agent({ concurrency: 3 });
    let [now, most] = [0, 0];
    const handler = async () => {
      most = Math.max(most, ++now);
      await until(() => most === 2);
      now--;
    };
    handle(id, handler, { concurrency: 2 });
    const sent = await Promise.all(Array.from({ length: 5 }, () => client.messages.send(id, QUESTION)));
    for (const message of sent) await client.messages.wait(message.id);
    expect(most).toBe(2);
  });

  test('stopping waits for what is under way', async () => {
    const { id } = await agent();
    let isOver = false;
    let begin = () => undefined as unknown;
    const begun = new Promise((resolve) => {
      begin = () => resolve(null);
    });
    const loop = handle(id, async () => {
      begin();
      await until(() => isOver);
    });
    const first = await client.messages.send(id, QUESTION);
    await begun;
    const second = await client.messages.send(id, QUESTION);
    const stopped = loop.stop();
    isOver = true;
    await stopped;
    expect((await client.messages.get(first.id)).receipts[0]?.status).toBe('processed');
    expect((await client.messages.get(second.id)).receipts[0]?.status).toBe('queued');
  });

  test('agents talk over a topic, each as itself', async () => {
    const topic = `t${newId()}`;
    const [asks, answers] = [await agent(), await agent({ topics: [topic] })];
    const connected = async (id: string) => {
      const { secret } = await client.agents.regenerateCredentials(id);
      return new AIWMClient<true>({ enabled: true, baseUrl: api.url, agentId: id, agentSecret: secret });
    };
    const [one, two] = [await connected(asks.id), await connected(answers.id)];
    try {
      two.onMessage(({ payload }) => ({ content: `${payload.content} Nothing.` }));
      const heard = new Promise<LeasedMessage>((resolve) => {
        one.onMessage((message) => resolve(message));
      });
      const sent = await one.messages.publish(topic, { ...QUESTION, replyTo: asks.id });
      expect(await heard).toMatchObject({
        ...{ from: answers.name, inReplyTo: sent.id, topic },
        payload: { content: 'What is new? Nothing.' },
      });
      expect((await one.messages.wait(sent.id)).receipts).toMatchObject([{ status: 'processed' }]);
    } finally {
      await Promise.all([one.disconnect(), two.disconnect()]);
    }
    const history = await all(client.messages.history(topic));
    expect(history.map(({ from }) => from)).toEqual([asks.name, answers.name]);
    const [first] = history;
    expect(await all(client.messages.history(topic, { after: first?.cursor ?? '' }))).toHaveLength(1);
  });

  test('mail is listed, and sent again', async () => {
    const { id } = await agent({ maxDeliveries: 1 });
    const sent = await client.messages.send(id, QUESTION);
    const inbox = client.messages.inbox(id);
    const refuse = async () => {
      const [message] = await inbox.take({ wait: '10s' });
      if (!message) throw new Error('there is no message');
      await inbox.extend(message, { lease: '1m' });
      return inbox.nack(message, { error: 'no' });
    };
    expect((await refuse()).status).toBe('dead');
    expect((await all(client.messages.list(id, { status: 'dead' }))).map((one) => one.id)).toEqual([sent.id]);
    expect((await client.messages.redeliver(id, sent.id)).status).toBe('queued');
    await refuse();
    expect(await client.messages.redeliverAll(id, { status: 'dead' })).toBe(1);
    const [message] = await inbox.take();
    if (message) await inbox.ack(message, { reply: { a: 1 } });
    expect((await client.messages.get(sent.id)).receipts[0]?.reply).toEqual({ a: 1 });
  });
});

describe('at the wire', () => {
  let server: FakeServer;
  beforeEach(async () => {
    server = await openFakeServer();
  });
  afterEach(() => server.close());

  const INBOX = 'GET /agents/a1/inbox?max=1&lease=30000ms&wait=30000ms';
  const leased = { ...QUESTION, id: 'm1', leaseId: 'l1', delivery: 1 };
  const start = (handler: MessageHandler, options: OnMessageOptions = {}) =>
    new MainspringClient({ baseUrl: server.url, apiKey: 'mnt_test', retries: 0 }).messages.onMessage(
      'a1',
      handler,
      { concurrency: 1, ...options },
    );

  test('an outage is waited out, for asking and for acknowledging', async () => {
    server.on(INBOX, hangUp, problem(503, 'unavailable'), json(200, { messages: [leased] }), () => undefined);
    server.on('POST /messages/m1/ack', hangUp, problem(503, 'unavailable'), json(200, { receipt: {} }));
    const codes: unknown[] = [];
    const loop = start(() => ({ ok: true }), {
      onError: (error) => codes.push((error as { code: string }).code),
    });
    await until(() => server.bodies('POST /messages/m1/ack').length === 3, 20_000);
    await loop.stop();
    expect(server.bodies('POST /messages/m1/ack').at(-1)).toEqual({ leaseId: 'l1', reply: { ok: true } });
    expect(codes).toEqual(['unreachable', 'unavailable', 'unreachable', 'unavailable']);
  }, 30_000);

  test('a message that takes long is held, again and again', async () => {
    const url = INBOX.replace('30000ms', '60ms');
    server.on(url, json(200, { messages: [leased] }), () => undefined);
    server.on('POST /messages/m1/extend', problem(503, 'unavailable'), json(200, {}));
    server.on('POST /messages/m1/ack', json(200, { receipt: {} }));
    const extensions = () => server.bodies('POST /messages/m1/extend');
    const loop = start(() => until(() => extensions().length >= 3), { leaseMs: 60 });
    await until(() => server.bodies('POST /messages/m1/ack').length === 1);
    await loop.stop();
    expect(extensions()[0]).toEqual({ leaseId: 'l1', lease: '60ms' });
  });

  test('a reply that cannot be sent refuses the message, with the reason', async () => {
    server.on(INBOX, json(200, { messages: [leased] }), json(200, { messages: [leased] }), () => undefined);
    server.on('POST /messages/m1/ack', problem(413, 'too_large'));
    server.on('POST /messages/m1/nack', json(200, { receipt: {} }));
    const replies: unknown[] = [{ big: 1n }, { large: 'x' }];
    const loop = start(() => replies.shift());
    const refusals = () => server.bodies('POST /messages/m1/nack') as { error: string }[];
    await until(() => refusals().length === 2);
    await loop.stop();
    expect(refusals()[0]?.error).toMatch(/BigInt/);
  });

  test('a refused agent asks slowly, and goes on when it is let in', async () => {
    server.on(INBOX, problem(403, 'agent_suspended'), json(200, { messages: [leased] }), () => undefined);
    server.on('POST /messages/m1/ack', problem(409, 'not_leased'));
    const codes: unknown[] = [];
    const onError = (error: unknown) => codes.push((error as { code: string }).code);
    const loop = start(() => undefined, { slowRetryMs: 20, onError });
    await until(() => server.bodies('POST /messages/m1/ack').length === 1);
    await loop.stop();
    // That somebody else has the message meanwhile is no failure of the handler.
    expect(codes).toEqual(['agent_suspended']);
    expect(server.bodies('POST /messages/m1/nack')).toEqual([]);
  });
});
