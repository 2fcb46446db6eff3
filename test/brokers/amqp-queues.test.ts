import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ChannelModel, connect } from 'amqplib';
import { queueOf } from '../../src/brokers/amqp-queue.js';
import { createCarrier } from '../../src/brokers/carrier.js';
import type { BrokerConnection, Receive } from '../../src/brokers/connection.js';
import { openBroker } from '../../src/brokers/open.js';
import { BrokerConfig } from '../../src/schemas/broker.js';
import { type BrokerApi, openBrokerApi } from '../support/broker-api.js';
import { keepLog } from '../support/kept-log.js';
import { eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';
import { describeRabbit, type RabbitServer, startRabbit } from '../support/rabbit-server.js';

const EXCHANGE = 'mainspring';
const LIMIT_MS = 90_000;
const guard = { allow: [], allowLoopback: true };

describeRabbit('queues at a RabbitMQ', () => {
  let rabbit: RabbitServer;
  let mainspring: TestMainspring;
  let api: BrokerApi;
  let theirs: ChannelModel;
  const opened: BrokerConnection[] = [];

  beforeAll(async () => {
    [rabbit, mainspring] = await Promise.all([startRabbit(), startMainspring()]);
    api = await openBrokerApi(mainspring);
    theirs = await connect(rabbit.url);
    theirs.on('error', () => undefined);
    const channel = await theirs.createChannel();
    await channel.assertExchange(EXCHANGE, 'topic', { durable: true });
    await channel.close();
  }, LIMIT_MS);
  afterAll(async () => {
    for (const connection of opened) await connection.close();
    await mainspring?.close();
    await theirs?.close().catch(() => undefined);
    await rabbit?.stop();
  }, LIMIT_MS);

  async function open(id: string): Promise<BrokerConnection> {
    const access = { id, kind: 'amqp' as const, endpoints: [rabbit.url], config: BrokerConfig.parse({}) };
    const connection = await openBroker(access, guard);
    opened.push(connection);
    return connection;
  }

  async function publish(topic: string, id: string): Promise<void> {
    const channel = await theirs.createConfirmChannel();
    channel.publish(EXCHANGE, topic, Buffer.from(JSON.stringify({ id, type: 'note', payload: {} })));
    await channel.waitForConfirms();
    await channel.close();
  }

  test(
    'a queue is not taken away while a worker that is lost may hold messages of it',
    async () => {
      const [brokerId, agentId, topic] = [randomUUID(), randomUUID(), `held.n${randomUUID().slice(0, 8)}`];
      const lost = await open(brokerId);
      let hasIt: () => void = () => undefined;
      const held = new Promise<void>((resolve) => {
        hasIt = resolve;
      });
      const keepForGood: Receive = () => {
        hasIt();
        return new Promise(() => undefined);
      };
      await lost.consume({ agentId, topics: [topic], unwanted: [] }, keepForGood);
      await publish(topic, 'one');
      await held;

      const next = await open(brokerId);
      const bodies: string[] = [];
      const consumption = await next.consume({ agentId, topics: [], unwanted: [topic] }, async ({ body }) => {
        bodies.push(Buffer.from(body).toString());
        return 'accepted';
      });
      const drained = consumption?.drain(() => true);
      await sleep(1_000);
      await lost.close();
      expect(await drained).toBe(true);
      expect(bodies).toEqual([expect.stringContaining('"one"')]);
    },
    LIMIT_MS,
  );

  test('why a queue cannot be read stands in the log, once', async () => {
    const { id, name } = await api.addBroker({ endpoints: ['amqp://127.0.0.1:1'] });
    const agent = await api.addAgent({ topics: ['some'], brokers: [name] });
    const channel = await theirs.createChannel();
    // Of another kind than ours.
    await channel.assertQueue(queueOf(EXCHANGE, agent.id, id), { durable: false });
    const { log, lines } = keepLog();
    const carrier = createCarrier({
      broker: { id, org_id: api.org.orgId, name },
      connection: await open(id),
      database: mainspring.database,
      receiverOf: () => async () => 'accepted',
      log,
      onChange: () => undefined,
    });
    for (let look = 0; look < 3; look++)
      expect(await carrier.reconcile()).toMatchObject({ fault: 'not_allowed_there' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(agent.id);
    expect(lines[0]).toContain('PRECONDITION');
    await channel.close();
  });

  test('the queue of an agent that is deleted goes', async () => {
    const broker = await api.addBroker({ endpoints: [rabbit.url] });
    const agent = await api.addAgent({ topics: ['anything'], brokers: [broker.name] });
    const isThere = async () => {
      const channel = await theirs.createChannel();
      channel.on('error', () => undefined);
      const found = await channel.checkQueue(queueOf(EXCHANGE, agent.id, broker.id)).then(
        () => true,
        () => false,
      );
      if (found) await channel.close();
      return found;
    };
    await eventually(isThere, (found) => found);
    await mainspring.send(`/agents/${agent.id}`, { method: 'DELETE', token: api.org.adminToken });
    await eventually(isThere, (found) => !found);
  });

  test('an agent that moves between two brokers of one server goes on hearing', async () => {
    const topic = `two.n${randomUUID().slice(0, 8)}`;
    const [old, fresh] = [
      await api.addBroker({ endpoints: [rabbit.url] }),
      await api.addBroker({ endpoints: [rabbit.url] }),
    ];
    const agent = await api.addAgent({ topics: [topic], brokers: [old.name] });
    const probe = async (count: number) => {
      for (let mail = 0; mail < count; mail = (await api.mailOf(agent.id)).length) {
        await publish(topic, randomUUID());
        await sleep(50);
      }
    };
    await probe(1);
    await api.change(agent.id, { brokers: [fresh.name] });
    const bindings = () =>
      mainspring.database.db
        .selectFrom('broker_bindings')
        .select('broker_id')
        .where('agent_id', '=', agent.id)
        .execute();
    while ((await bindings()).length > 1) await sleep(50);
    await probe((await api.mailOf(agent.id)).length + 3);
  });
});
