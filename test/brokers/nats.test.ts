import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { durableOf } from '../../src/brokers/nats-queue.js';
import { connectedPair, moveToAndFro, type Outside } from '../support/broker-api.js';
import { eventually } from '../support/mainspring.js';
import { natsBench } from '../support/nats-bench.js';
import { describeNats } from '../support/nats-server.js';

const STREAM = 'mainspring';
const LIMIT_MS = 60_000;

describeNats('a NATS server outside', () => {
  const bench = natsBench();

  /** Publishes as somebody else's program does, and waits until the stream has it. */
  async function publish(topic: string, id: string): Promise<void> {
    const body = JSON.stringify({ id, from: 'elsewhere', type: 'question', payload: { content: id } });
    await jetstream(bench.theirs).publish(`${STREAM}.topics.${topic}`, body);
  }

  /** What waits for an agent; null where it has no consumer. */
  async function waitingAt(agentId: string, brokerId: string): Promise<number | null> {
    const manager = await jetstreamManager(bench.theirs);
    const found = await manager.consumers.info(STREAM, durableOf(agentId, brokerId)).catch(() => null);
    return found && found.num_pending + found.num_ack_pending;
  }

  const outside: Outside = { url: () => bench.nats.url, publish, waitingAt };
  const pairOf = (topics: string[]) => connectedPair(bench.api, outside, topics);

  test('what is published there comes into the mailbox of every agent that it is for, in order', async () => {
    const { agent, broker } = await pairOf(['support.*', 'help']);
    const other = await bench.api.addAgent({ topics: ['support.#'], brokers: [broker.name] });
    await eventually(
      () => waitingAt(other.id, broker.id),
      (waiting) => waiting !== null,
    );
    const prefix = randomUUID();
    const ids = Array.from({ length: 30 }, (_, index) => `${prefix}-${index}`);
    for (const id of ids) await publish('support.billing', id);
    await publish('support.billing.far', `${prefix}-far`);
    await publish('sales', `${prefix}-not-for-them`);
    await publish('help', `${prefix}-help`);
    expect(await bench.api.untilMail(agent.id, 31)).toEqual([...ids, `${prefix}-help`]);
    expect(await bench.api.untilMail(other.id, 31)).toEqual([...ids, `${prefix}-far`]);
  });

  test('what is published here goes out there, once, and is in the mailbox once', async () => {
    const topic = `news.n${randomUUID().slice(0, 8)}`;
    const { agent, broker } = await pairOf([topic]);
    const heard: { id: string | undefined; body: unknown }[] = [];
    bench.theirs.subscribe(`${STREAM}.topics.${topic}`, {
      callback: (_, message) => {
        heard.push({ id: message.headers?.get('Nats-Msg-Id'), body: JSON.parse(message.string()) });
      },
    });
    await bench.theirs.flush();
    const id = randomUUID();
    await bench.api.publish(topic, id);
    await eventually(
      () => heard.length,
      (count) => count > 0,
    );
    expect(heard).toEqual([{ id, body: expect.objectContaining({ id, topic, type: 'note' }) }]);
    await eventually(
      () => waitingAt(agent.id, broker.id),
      (waiting) => waiting === 0,
    );
    expect(await bench.api.mailOf(agent.id)).toEqual([id]);
  });

  test('what is no message is refused, and those behind it are not held up', async () => {
    const topic = `bad.n${randomUUID().slice(0, 8)}`;
    const { agent, broker } = await pairOf([topic]);
    for (const body of ['no json', '{"payload":{}}', '{"type":"x","payload":[]}'])
      await jetstream(bench.theirs).publish(`${STREAM}.topics.${topic}`, body);
    const withoutId = await jetstream(bench.theirs).publish(`${STREAM}.topics.${topic}`, '{"type":"x"}');
    const id = randomUUID();
    await publish(topic, id);
    expect(await bench.api.untilMail(agent.id, 2)).toEqual([
      expect.stringMatching(new RegExp(`^${STREAM}:\\d{13}-${withoutId.seq}$`)),
      id,
    ]);
    await eventually(
      () => waitingAt(agent.id, broker.id),
      (waiting) => waiting === 0,
    );
  });

  test('an agent that leaves its broker has all that waited there, and its consumer is gone', async () => {
    const topic = `move.n${randomUUID().slice(0, 8)}`;
    const pair = await pairOf([topic]);
    const sent = await moveToAndFro(bench.api, outside, pair, topic);
    expect((await bench.api.untilMail(pair.agent.id, sent.length)).toSorted()).toEqual(sent.toSorted());
  });

  test('a changed subscription is what comes, and the consumer of an agent that is deleted goes', async () => {
    const topic = `old.n${randomUUID().slice(0, 8)}`;
    const { agent, broker } = await pairOf([topic]);
    await bench.api.change(agent.id, { topics: ['fresh'] });
    const probe = async () => {
      await publish('fresh', `probe-${randomUUID()}`);
      return (await bench.api.mailOf(agent.id)).length;
    };
    await eventually(probe, (count) => count > 0);
    const [gone, last] = [randomUUID(), randomUUID()];
    await publish(topic, gone);
    await publish('fresh', last);
    const mail = await eventually(
      () => bench.api.mailOf(agent.id),
      (ids) => ids.includes(last),
    );
    expect(mail).not.toContain(gone);
    await bench.mainspring.send(`/agents/${agent.id}`, { method: 'DELETE', token: bench.api.org.adminToken });
    await eventually(
      () => waitingAt(agent.id, broker.id),
      (waiting) => waiting === null,
    );
  });

  test(
    'a server that dies and comes back is connected again, and what waited is taken in',
    async () => {
      const topic = `dies.n${randomUUID().slice(0, 8)}`;
      const { agent, broker } = await pairOf([topic]);
      const prefix = randomUUID();
      await bench.nats.kill();
      await bench.api.untilBroker(broker.id, 'unreachable');
      await bench.api.publish(topic, `${prefix}-meanwhile`);
      await bench.nats.start();
      await bench.reconnect();
      await publish(topic, `${prefix}-after`);
      await bench.api.untilBroker(broker.id, 'connected');
      expect((await bench.api.untilMail(agent.id, 2)).toSorted()).toEqual([
        `${prefix}-after`,
        `${prefix}-meanwhile`,
      ]);
    },
    LIMIT_MS,
  );
});
