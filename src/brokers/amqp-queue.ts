import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, type ChannelModel, type ConsumeMessage, IllegalOperationError } from 'amqplib';
import type { BrokerConfig } from '../schemas/broker.js';
import { type AgentQueue, type Consumption, type Incoming, type Receive, shortId } from './connection.js';

/** How often a queue that is emptied is looked at. */
const EMPTY_LOOK_MS = 200;

/** The queue of an agent at a broker. */
export const queueOf = (exchange: string, agentId: string, brokerId: string): string =>
  `${exchange}.${agentId}.${shortId(brokerId)}`;

/**
 * One consumer at a time gets messages, so that they keep their order while a consumer of a worker that is gone
 * still seems to be there.
 */
const DURABLE = { durable: true, arguments: { 'x-single-active-consumer': true } };

interface ConsumeOptions {
  queue: AgentQueue;
  config: BrokerConfig;
  brokerId: string;
  receive: Receive;
}

const incomingOf = ({ content, fields, properties }: ConsumeMessage, exchange: string): Incoming => ({
  id: typeof properties.messageId === 'string' && properties.messageId !== '' ? properties.messageId : null,
  topic: fields.exchange === exchange ? fields.routingKey : null,
  sender: typeof properties.appId === 'string' ? properties.appId : null,
  body: content,
});

/** A queue with a channel of its own: what goes wrong with one leaves the others alone. */
export async function consumeAmqp(
  model: ChannelModel,
  { queue, config, brokerId, receive }: ConsumeOptions,
): Promise<Consumption> {
  const { exchange, workerPoolSize } = config;
  const name = queueOf(exchange, queue.agentId, brokerId);
  const channel = await model.createChannel();
  const closed = new Promise<void>((resolve) => channel.once('close', () => resolve()));
  // Its close follows.
  channel.on('error', () => undefined);
  await channel.assertExchange(exchange, 'topic', { durable: true });
  await channel.assertQueue(name, DURABLE);
  await channel.prefetch(workerPoolSize);
  const bind = bindings(channel, name, exchange);
  await bind(queue);
  const reader = readInOrder(channel, exchange, receive);
  await channel.consume(name, (message) => {
    // Somebody took the queue away at the broker.
    if (message === null) void closeOnce(channel);
    else reader.take(message);
  });
  return { closed, bind, drain: (isWanted) => drain(channel, { name, reader, closed, isWanted }) };
}

const bindings =
  (channel: Channel, name: string, exchange: string) =>
  async ({ topics, unwanted }: AgentQueue): Promise<void> => {
    for (const topic of topics) await channel.bindQueue(name, exchange, topic);
    for (const topic of unwanted) await channel.unbindQueue(name, exchange, topic);
  };

/** Messages one after the other; what is not settled when the channel closes comes again. */
function readInOrder(channel: Channel, exchange: string, receive: Receive) {
  let last: Promise<void> = Promise.resolve();
  let underWay = 0;

  async function settle(message: ConsumeMessage): Promise<void> {
    try {
      const verdict = await receive(incomingOf(message, exchange));
      if (verdict === 'accepted') channel.ack(message);
      // A queue with a dead letter exchange keeps it there.
      else channel.nack(message, false, false);
    } catch {
      // Neither acknowledged nor refused: the connection is about to close, and the broker hands it out again.
      return;
    } finally {
      underWay -= 1;
    }
  }

  return {
    take(message: ConsumeMessage) {
      underWay += 1;
      last = last.then(() => settle(message));
    },
    isIdle: () => underWay === 0,
  };
}

/** A queue that is deleted closes its consumer's channel from both sides. */
async function closeOnce(channel: Channel): Promise<void> {
  try {
    await channel.close();
  } catch (error) {
    if (!(error instanceof IllegalOperationError)) throw error;
  }
}

interface DrainOptions {
  name: string;
  reader: { isIdle(): boolean };
  closed: Promise<void>;
  isWanted: () => boolean;
}

async function drain(channel: Channel, { name, reader, closed, isWanted }: DrainOptions): Promise<boolean> {
  let isClosed = false;
  void closed.then(() => {
    isClosed = true;
  });
  while (!isClosed && isWanted()) {
    // Its count leaves out what another consumer, of a worker that is lost, may not have acknowledged.
    const { messageCount, consumerCount } = await channel.checkQueue(name);
    if (messageCount === 0 && consumerCount === 1 && reader.isIdle() && isWanted()) {
      await channel.deleteQueue(name, { ifEmpty: true });
      await closeOnce(channel);
      return true;
    }
    await sleep(EMPTY_LOOK_MS);
  }
  return false;
}
