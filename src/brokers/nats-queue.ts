import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Consumer,
  type ConsumerInfo,
  type ConsumerMessages,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { matchesTopic } from '../domain/topic-pattern.js';
import type { BrokerConfig } from '../schemas/broker.js';
import {
  type AgentQueue,
  BrokerError,
  type Consumption,
  type Incoming,
  type Receive,
  shortId,
} from './connection.js';
import { filterOf } from './nats-filter.js';

/** Servers before 2.10 wake no pull for subjects that a consumer was moved to: the next one has them. */
const PULL_MS = 5_000;
/** How often a queue that is emptied is looked at. */
const EMPTY_LOOK_MS = 200;
const NANOS_PER_MS = 1_000_000;
/** Of the time for a message: so often it is told that it is still being handled. */
const WORKING_PART = 3;

/** Topics stand under a word of their own: others of the first word are for other things. */
export const prefixOf = (exchange: string): string => `${exchange}.topics`;

/** A message of a connection that was lost is handed out again after so long. */
const LONGEST_ACK_WAIT_MS = 10_000;
const ackWaitMs = ({ messageTimeout }: BrokerConfig) => Math.min(messageTimeout * 1_000, LONGEST_ACK_WAIT_MS);

export const durableOf = (agentId: string, brokerId: string): string =>
  `mainspring_${agentId}_${shortId(brokerId)}`;

interface Surroundings {
  manager: JetStreamManager;
  client: JetStreamClient;
  stream: string;
  config: BrokerConfig;
  brokerId: string;
}

type Ensured = 'there' | 'moved' | 'missing';

/** Makes the agent's consumer, or moves it to other subjects. Without topics none is made: its filter would be all. */
async function ensureConsumer(
  { manager, stream, config, brokerId }: Surroundings,
  { agentId, topics }: AgentQueue,
): Promise<Ensured> {
  const durable = durableOf(agentId, brokerId);
  const standing = await consumerInfo(manager, stream, durable);
  if (topics.length === 0) return standing ? 'there' : 'missing';
  const filter = { filter_subject: filterOf(prefixOf(config.exchange), topics) };
  if (standing) {
    if (standing.config.filter_subject === filter.filter_subject) return 'there';
    await manager.consumers.update(stream, durable, filter);
    return 'moved';
  }
  await manager.consumers.add(stream, {
    ...filter,
    durable_name: durable,
    ack_policy: 'explicit',
    deliver_policy: 'new',
    ack_wait: nanos(ackWaitMs(config)),
    // What a lost connection took along comes again later: what is behind it waits, so that the order holds.
    max_ack_pending: 1,
  });
  return 'there';
}

/** Whether the stream or the consumer that was asked for is not there. */
export const isMissing = (error: unknown): boolean =>
  error instanceof JetStreamApiError &&
  (error.code === JetStreamApiCodes.StreamNotFound || error.code === JetStreamApiCodes.ConsumerNotFound);

/** Null where the consumer, or its stream, is not there. */
export async function consumerInfo(
  manager: JetStreamManager,
  stream: string,
  durable: string,
): Promise<ConsumerInfo | null> {
  try {
    return await manager.consumers.info(stream, durable);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** One that can be ended: the message that is being handled is settled first. */
export interface NatsConsumption extends Consumption {
  stop(): Promise<void>;
}

/** An agent's queue: a durable consumer of the stream. Null where no topic is wanted and there is none. */
export async function consumeNats(
  surroundings: Surroundings,
  { queue, receive }: { queue: AgentQueue; receive: Receive },
): Promise<NatsConsumption | null> {
  const { client, stream, config, brokerId } = surroundings;
  if ((await ensureConsumer(surroundings, queue)) === 'missing') return null;
  const consumer = await client.consumers.get(stream, durableOf(queue.agentId, brokerId));
  const pull = () => consumer.consume(pullOf(config));
  let messages = await pull();
  let meant = meantBy(queue);
  const isMeant = (topic: string) => meant.some((one) => matchesTopic(one, topic));
  const settleOne = (message: JsMsg) => settle(message, { stream, config, receive, isMeant });
  const reading = readAll(() => messages, settleOne);
  return {
    closed: reading,
    async stop() {
      await messages.close();
      await reading;
    },
    async bind(next) {
      meant = meantBy(next);
      const ensured = await ensureConsumer(surroundings, next);
      if (ensured === 'missing') throw new BrokerError('connection_lost');
      if (ensured !== 'moved') return;
      // A pull that stands knows nothing of other subjects.
      const before = messages;
      messages = await pull();
      await before.close();
    },
    drain: (isWanted) => drain(surroundings, { consumer, close: () => messages.close(), isWanted }),
  };
}

/** Deleted at the server, it ends the reading: otherwise it would be waited for without an end. */
const pullOf = ({ workerPoolSize }: BrokerConfig) => ({
  ...{ max_messages: workerPoolSize, expires: PULL_MS, abort_on_missing_resource: true },
});

/** A queue that is emptied holds what it was bound to, and what else its one filter let in. */
const meantBy = ({ topics, unwanted }: AgentQueue): readonly string[] =>
  topics.length > 0 ? topics : unwanted;

interface Reading {
  stream: string;
  config: BrokerConfig;
  receive: Receive;
  isMeant: (topic: string) => boolean;
}

/** One message after the other; those that are not acknowledged when the connection is lost come again. */
async function readAll(
  current: () => ConsumerMessages,
  settleOne: (message: JsMsg) => Promise<void>,
): Promise<void> {
  for (let messages: ConsumerMessages | undefined; messages !== current(); ) {
    messages = current();
    try {
      for await (const message of messages) await settleOne(message);
    } catch {
      // The connection was lost or is being given up.
      await messages.close();
    }
  }
}

async function settle(message: JsMsg, { stream, config, receive, isMeant }: Reading): Promise<void> {
  const incoming = incomingOf(message, { stream, prefix: prefixOf(config.exchange) });
  if (!isMeant(incoming.topic ?? '')) return message.ack();
  const working = setInterval(() => message.working(), ackWaitMs(config) / WORKING_PART);
  try {
    const verdict = await receive(incoming);
    if (verdict === 'accepted') message.ack();
    else message.term();
  } finally {
    clearInterval(working);
  }
}

/** When and as which one the stream stored it: a stream that is made anew counts from one again. */
export const placeOf = ({ info, seq }: JsMsg): string =>
  `${Math.floor(info.timestampNanos / NANOS_PER_MS)}-${seq}`;

const incomingOf = (message: JsMsg, { stream, prefix }: { stream: string; prefix: string }): Incoming => ({
  id: message.headers?.get('Nats-Msg-Id') || `${stream}:${placeOf(message)}`,
  topic: message.subject.slice(prefix.length + 1),
  sender: null,
  body: message.data,
});

/** What is published from now on is not the agent's any more: it was in time for what the stream holds now. */
async function drain(
  { manager, stream }: Surroundings,
  {
    consumer,
    close,
    isWanted,
  }: { consumer: Consumer; close: () => Promise<unknown>; isWanted: () => boolean },
): Promise<boolean> {
  const { state } = await manager.streams.info(stream);
  while (isWanted()) {
    const { num_pending: pending, num_ack_pending: open, ack_floor: floor } = await consumer.info();
    if ((pending === 0 && open === 0) || floor.stream_seq >= state.last_seq) {
      await close();
      return manager.consumers.delete(stream, (await consumer.info(true)).name);
    }
    await sleep(EMPTY_LOOK_MS);
  }
  return false;
}
