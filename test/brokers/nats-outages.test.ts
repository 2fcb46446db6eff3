import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { consumerInfo, durableOf } from '../../src/brokers/nats-queue.js';
import { createBrokerPool } from '../../src/brokers/pool.js';
import { deleteBroker, insertBroker, updateBroker } from '../../src/db/brokers.js';
import { BrokerConfig } from '../../src/schemas/broker.js';
import { eventually } from '../support/mainspring.js';
import { natsBench } from '../support/nats-bench.js';
import { describeNats } from '../support/nats-server.js';
import { newVault } from '../support/vault.js';

const STREAM = 'mainspring';
const LIMIT_MS = 60_000;

describeNats('a NATS server whose streams and consumers others change', () => {
  const bench = natsBench();
  let manager: JetStreamManager;
  beforeAll(async () => {
    manager = await jetstreamManager(bench.theirs);
  });

  const uniqueTopic = () => `topic.n${randomUUID().slice(0, 8)}`;
  const body = (content: string, id?: string) => JSON.stringify({ id, type: 'note', payload: { content } });
  const publish = (topic: string, text: string) =>
    jetstream(bench.theirs).publish(`${STREAM}.topics.${topic}`, text);
  const queueOf = (agentId: string, brokerId: string) =>
    consumerInfo(manager, STREAM, durableOf(agentId, brokerId));
  const isThere = (found: unknown) => found !== null;

  async function pair(topics: string[]) {
    const broker = await bench.api.addBroker({ endpoints: [bench.nats.url] });
    const agent = await bench.api.addAgent({ topics, brokers: [broker.name] });
    await eventually(() => queueOf(agent.id, broker.id), isThere);
    return { broker, agent };
  }

  /** What an agent has: the topics and payloads of its messages. */
  async function contentsOf(agentId: string) {
    return bench.mainspring.database.db
      .selectFrom('receipts')
      .innerJoin('messages', (join) =>
        join
          .onRef('messages.id', '=', 'receipts.message_id')
          .onRef('messages.org_id', '=', 'receipts.org_id'),
      )
      .select(['messages.id', 'messages.topic', 'messages.payload'])
      .where('agent_id', '=', agentId)
      .orderBy('receipts.seq')
      .execute();
  }

  test(
    'a consumer that was deleted there is made anew, and so is a stream: its messages are not taken for those of the old one',
    async () => {
      const topic = uniqueTopic();
      const { agent, broker } = await pair([topic]);
      await manager.consumers.delete(STREAM, durableOf(agent.id, broker.id));
      await eventually(() => queueOf(agent.id, broker.id), isThere);
      await publish(topic, body('first'));
      await bench.api.untilMail(agent.id, 1);

      const { seq } = await publish(topic, body('second'));
      await bench.api.untilMail(agent.id, 2);
      await manager.streams.delete(STREAM);
      await eventually(() => queueOf(agent.id, broker.id), isThere);
      for (let next = 0; next < seq; ) next = (await publish(topic, body('anew'))).seq;
      expect(await bench.api.untilMail(agent.id, 2 + seq)).toHaveLength(2 + seq);
    },
    LIMIT_MS,
  );

  test('a stream that was deleted there is made anew by what is published here', async () => {
    const topic = uniqueTopic();
    const { agent, broker } = await pair([topic]);
    const [before, after] = [randomUUID(), randomUUID()];
    const isOut = async (id: string) =>
      (
        await bench.mainspring.send(`/deliveries/${id}.broker.${broker.id}`, { key: bench.api.org.key })
      ).json<{
        delivery: { status: string; attempts: unknown[] };
      }>().delivery;
    await bench.api.publish(topic, before);
    await eventually(
      () => isOut(before),
      ({ status }) => status === 'delivered',
    );
    await manager.streams.delete(STREAM);
    await bench.api.publish(topic, after);
    const delivery = await eventually(
      () => isOut(after),
      ({ status }) => status === 'delivered',
    );
    expect(delivery.attempts).toHaveLength(1);
    await eventually(() => queueOf(agent.id, broker.id), isThere);
  });

  test('an id that two producers give is not two messages of one: the second is refused, and the log says so', async () => {
    const [one, other, id] = [uniqueTopic(), uniqueTopic(), randomUUID()];
    const first = await pair([one]);
    const second = await pair([other]);
    await publish(one, body('payroll', id));
    await bench.api.untilMail(first.agent.id, 1);
    await publish(other, body('lunch', id));
    const last = randomUUID();
    await publish(other, body('last', last));
    expect(await bench.api.untilMail(second.agent.id, 1)).toEqual([last]);
    // The same message again is known.
    await publish(one, body('payroll', id));
    expect(await contentsOf(first.agent.id)).toEqual([{ id, topic: one, payload: { content: 'payroll' } }]);
    const metrics = await bench.mainspring.send('/metrics');
    expect(metrics.text).toContain('mainspring_broker_messages_total{kind="nats",outcome="collided"} 1');
  });

  test('an agent that moves between two brokers of one server goes on hearing', async () => {
    const topic = uniqueTopic();
    const { agent, broker: old } = await pair([topic]);
    const fresh = await bench.api.addBroker({ endpoints: [bench.nats.url] });
    await publish(topic, body('before', 'before'));
    await bench.api.change(agent.id, { brokers: [fresh.name] });
    await eventually(() => queueOf(agent.id, fresh.id), isThere);
    await eventually(
      () => queueOf(agent.id, old.id),
      (found) => found === null,
    );
    const ids = Array.from({ length: 5 }, () => randomUUID());
    for (const id of ids) await publish(topic, body('after', id));
    expect(await bench.api.untilMail(agent.id, 6)).toEqual(['before', ...ids]);
  });

  test(
    'a broker that is given other endpoints and limits is connected to anew, and its queues stay',
    async () => {
      const topic = uniqueTopic();
      const broker = await bench.api.addBroker({ endpoints: ['nats://127.0.0.1:1'] });
      const agent = await bench.api.addAgent({ topics: [topic], brokers: [broker.name] });
      await bench.api.untilBroker(broker.id, 'unreachable');
      const patch = (change: object) =>
        bench.mainspring.send(`/brokers/${broker.id}`, {
          ...{ method: 'PATCH', body: change, token: bench.api.org.adminToken },
        });
      expect((await patch({ endpoints: [bench.nats.url] })).status).toBe(200);
      await bench.api.untilBroker(broker.id, 'connected');
      await eventually(() => queueOf(agent.id, broker.id), isThere);
      await patch({ config: { workerPoolSize: 3 } });
      await publish(topic, body('while it is connected to anew', 'anew'));
      expect(await bench.api.untilMail(agent.id, 1)).toEqual(['anew']);
      await bench.api.untilBroker(broker.id, 'connected');
      await patch({ endpoints: ['nats://127.0.0.1:1'] });
      await bench.api.untilBroker(broker.id, 'unreachable');
    },
    LIMIT_MS,
  );

  test('messages go out over the broker as it is now, and no more when it was deleted or the process stops', async () => {
    const { database } = bench.mainspring;
    const vault = newVault();
    const pool = createBrokerPool({ database, vault, guard: { allow: [], allowLoopback: true } });
    const ref = { orgId: bench.api.org.orgId, brokerId: randomUUID() };
    const reached = {
      endpoints: vault.seal(JSON.stringify([bench.nats.url])),
      config: BrokerConfig.parse({}),
    };
    const row = { id: ref.brokerId, orgId: ref.orgId, name: randomUUID(), kind: 'nats' as const };
    await insertBroker(database.db, { ...row, ...reached });
    const first = await pool.connectionTo(ref);
    expect(await pool.connectionTo(ref)).toBe(first);
    const elsewhere = vault.seal(JSON.stringify(['nats://127.0.0.1:1']));
    await updateBroker(database.db, ref.brokerId, { ...reached, endpoints: elsewhere });
    await expect(pool.connectionTo(ref)).rejects.toThrow('connection_refused');
    await first?.closed;
    await updateBroker(database.db, ref.brokerId, reached);
    const last = await pool.connectionTo(ref);
    await pool.close();
    await last?.closed;
    await expect(pool.connectionTo(ref)).rejects.toThrow('connection_lost');
    await deleteBroker(database.db, ref.brokerId);
    const other = createBrokerPool({ database, vault, guard: { allow: [], allowLoopback: true } });
    expect(await other.connectionTo(ref)).toBeNull();
    await other.close();
  });

  test('a queue that was never made is not made to be emptied', async () => {
    const { agent, broker } = await pair(['quiet']);
    const { db } = bench.mainspring.database;
    const other = await bench.api.addAgent({ topics: ['quiet.too'] });
    const binding = { org_id: bench.api.org.orgId, broker_id: broker.id, agent_id: other.id };
    const written = { ...binding, topics: JSON.stringify(['quiet.too']), is_draining: true };
    await db.insertInto('broker_bindings').values(written).execute();
    // A change has the bindings looked at.
    await bench.api.change(agent.id, { topics: ['quiet', 'secret'] });
    const bindings = () =>
      db.selectFrom('broker_bindings').select('agent_id').where('agent_id', '=', other.id).execute();
    for (let more = 0; (await bindings()).length > 0; more++) await publish('secret', body(`secret ${more}`));
    expect(await bench.api.mailOf(other.id)).toEqual([]);
  });
});
