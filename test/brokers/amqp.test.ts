import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ChannelModel, connect, type GetMessage } from 'amqplib';
import { queueOf } from '../../src/brokers/amqp-queue.js';
import {
  type BrokerApi,
  connectedPair,
  moveToAndFro,
  type Outside,
  openBrokerApi,
} from '../support/broker-api.js';
import { cutOff } from '../support/cut-off.js';
import { eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';
import { describeRabbit, type RabbitServer, startRabbit } from '../support/rabbit-server.js';

const EXCHANGE = 'mainspring';
const LIMIT_MS = 90_000;

describeRabbit('a RabbitMQ outside', () => {
  let rabbit: RabbitServer;
  let mainspring: TestMainspring;
  let api: BrokerApi;
  let theirs: ChannelModel;

  beforeAll(async () => {
    [rabbit, mainspring] = await Promise.all([startRabbit(), startMainspring()]);
    api = await openBrokerApi(mainspring);
    theirs = await connect(rabbit.url);
    theirs.on('error', () => undefined);
  }, LIMIT_MS);
  afterAll(async () => {
    await mainspring?.close();
    await theirs?.close().catch(() => undefined);
    await rabbit?.stop();
  }, LIMIT_MS);

  /** Publishes as somebody else's program does, and waits until the broker has it. */
  async function publish(topic: string, id: string, over: object = {}): Promise<void> {
    const channel = await theirs.createConfirmChannel();
    const body = { id, from: 'elsewhere', type: 'question', payload: { content: id }, ...over };
    channel.publish(EXCHANGE, topic, Buffer.from(JSON.stringify(body)), { persistent: true });
    await channel.waitForConfirms();
    await channel.close();
  }

  /** What the queue of an agent holds; null where it is not there. */
  async function waitingAt(agentId: string, brokerId: string): Promise<number | null> {
    const channel = await theirs.createChannel();
    channel.on('error', () => undefined);
    try {
      const { messageCount } = await channel.checkQueue(queueOf(EXCHANGE, agentId, brokerId));
      await channel.close();
      return messageCount;
    } catch {
      return null;
    }
  }

  const outside: Outside = { url: () => rabbit.url, publish, waitingAt };
  const pairOf = (topics: string[]) => connectedPair(api, outside, topics);

  test('what is published there comes into the mailbox of every agent that it is for, in order', async () => {
    const { agent, broker } = await pairOf(['support.*']);
    const other = await api.addAgent({ topics: ['support.#'], brokers: [broker.name] });
    await eventually(
      () => waitingAt(other.id, broker.id),
      (waiting) => waiting !== null,
    );
    const prefix = randomUUID();
    const ids = Array.from({ length: 30 }, (_, index) => `${prefix}-${index}`);
    for (const id of ids) await publish('support.billing', id);
    await publish('sales', `${prefix}-not-for-them`);
    expect(await api.untilMail(agent.id, 30)).toEqual(ids);
    expect(await api.untilMail(other.id, 30)).toEqual(ids);
    const row = await mainspring.database.db
      .selectFrom('messages')
      .selectAll()
      .where('id', '=', `${prefix}-0`)
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({ topic: 'support.billing', sender: 'elsewhere', is_published: true });
  });

  test('what is published here goes out there, once, and is in the mailbox once', async () => {
    const topic = `news.n${randomUUID().slice(0, 8)}`;
    const { agent, broker } = await pairOf([topic]);
    const channel = await theirs.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, EXCHANGE, topic);
    const id = randomUUID();
    await api.publish(topic, id);
    const got = await eventually<GetMessage | false>(
      () => channel.get(queue),
      (one) => one !== false,
    );
    if (got === false) throw new Error('nothing came');
    expect(got.properties).toMatchObject({ messageId: id, deliveryMode: 2 });
    expect(JSON.parse(got.content.toString())).toMatchObject({ id, topic, type: 'note', from: 'a test' });
    await eventually(
      () => waitingAt(agent.id, broker.id),
      (waiting) => waiting === 0,
    );
    expect(await channel.get(queue)).toBe(false);
    expect(await api.mailOf(agent.id)).toEqual([id]);
    await channel.close();
  });

  test('what is no message is refused, and those behind it are not held up', async () => {
    const topic = `bad.n${randomUUID().slice(0, 8)}`;
    const { agent, broker } = await pairOf([topic]);
    const channel = await theirs.createConfirmChannel();
    const bodies = [
      'no json',
      '[]',
      '{"payload":{}}',
      `{"type":"x","payload":"text"}`,
      '{"type":"x","id":"a b"}',
    ];
    for (const body of bodies) channel.publish(EXCHANGE, topic, Buffer.from(body));
    await channel.waitForConfirms();
    const id = randomUUID();
    await publish(topic, id);
    await publish(topic, id);
    await publish(topic, `${id}-last`);
    expect(await api.untilMail(agent.id, 2)).toEqual([id, `${id}-last`]);
    await eventually(
      () => waitingAt(agent.id, broker.id),
      (waiting) => waiting === 0,
    );
  });

  test('an agent that leaves its broker has all that waited there, and its queue is gone', async () => {
    const topic = `move.n${randomUUID().slice(0, 8)}`;
    const pair = await pairOf([topic]);
    const sent = await moveToAndFro(api, outside, pair, topic);
    expect((await api.untilMail(pair.agent.id, sent.length)).toSorted()).toEqual(sent.toSorted());
  });

  test('what an agent does not subscribe to any more does not come', async () => {
    const topic = `old.n${randomUUID().slice(0, 8)}`;
    const { agent } = await pairOf([topic, 'kept']);
    await api.change(agent.id, { topics: ['kept', 'new'] });
    const probe = async () => {
      await publish(topic, randomUUID());
      await publish('new', `probe-${randomUUID()}`);
      return (await api.mailOf(agent.id)).filter((id) => id.startsWith('probe-')).length;
    };
    await eventually(probe, (count) => count > 0);
    await mainspring.database.db.deleteFrom('receipts').where('agent_id', '=', agent.id).execute();
    const [gone, last] = [randomUUID(), randomUUID()];
    await publish(topic, gone);
    await publish('kept', last);
    const mail = await eventually(
      () => api.mailOf(agent.id),
      (ids) => ids.includes(last),
    );
    expect(mail).not.toContain(gone);
  });

  test('what an agent publishes itself does not come back to it', async () => {
    const topic = `own.n${randomUUID().slice(0, 8)}`;
    const { agent, broker } = await pairOf([topic]);
    const [own, others] = [randomUUID(), randomUUID()];
    await api.publish(topic, own, agent);
    const isOut = async () =>
      (await mainspring.send(`/deliveries/${own}.broker.${broker.id}`, { key: api.org.key })).json<{
        delivery: { status: string };
      }>().delivery.status;
    await eventually(isOut, (status) => status === 'delivered');
    await publish(topic, others);
    expect(await api.untilMail(agent.id, 1)).toEqual([others]);
  });

  test('a connection that is cut is opened again, and what was not acknowledged comes once', async () => {
    const way = await cutOff(new URL(rabbit.url).host);
    const topic = `cut.n${randomUUID().slice(0, 8)}`;
    const broker = await api.addBroker({ endpoints: [`amqp://${way.address}`] });
    const agent = await api.addAgent({ topics: [topic], brokers: [broker.name] });
    await eventually(
      () => waitingAt(agent.id, broker.id),
      (waiting) => waiting !== null,
    );
    await api.untilBroker(broker.id, 'connected');
    const prefix = randomUUID();
    const ids = Array.from({ length: 60 }, (_, index) => `${prefix}-${index}`);
    for (const [index, id] of ids.entries()) {
      if (index === 20) way.break();
      if (index === 40) way.mend();
      await publish(topic, id);
    }
    expect(await api.untilMail(agent.id, ids.length)).toEqual(ids);
    await eventually(
      () => waitingAt(agent.id, broker.id),
      (waiting) => waiting === 0,
    );
    await api.change(agent.id, { brokers: [] });
    await eventually(
      () => waitingAt(agent.id, broker.id),
      (waiting) => waiting === null,
    );
    await way.close();
  });

  test(
    'a broker that dies and comes back is connected again, and nothing is lost meanwhile',
    async () => {
      const topic = `dies.n${randomUUID().slice(0, 8)}`;
      const { agent, broker } = await pairOf([topic]);
      const prefix = randomUUID();
      await publish(topic, `${prefix}-before`);
      await api.untilMail(agent.id, 1);
      await rabbit.kill();
      expect((await api.untilBroker(broker.id, 'unreachable')).error).toBe('connection_lost');
      await api.publish(topic, `${prefix}-meanwhile`);
      expect(await api.mailOf(agent.id)).toContain(`${prefix}-meanwhile`);
      await rabbit.start();
      theirs = await connect(rabbit.url);
      theirs.on('error', () => undefined);
      await api.untilBroker(broker.id, 'connected');
      await publish(topic, `${prefix}-after`);
      await eventually(
        () => api.mailOf(agent.id),
        (ids) => ids.includes(`${prefix}-after`),
      );
      const delivery = `${prefix}-meanwhile.broker.${broker.id}`;
      const isOut = async () =>
        (await mainspring.send(`/deliveries/${delivery}`, { key: api.org.key })).json<{
          delivery: { status: string };
        }>().delivery.status;
      await eventually(isOut, (status) => status === 'delivered');
      expect(new Set(await api.mailOf(agent.id)).size).toBe(3);
    },
    LIMIT_MS,
  );
});
