import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import type { BrokerConfig } from '../schemas/broker.js';
import { consumeAmqp, queueOf } from './amqp-queue.js';
import { type BrokerConnection, BrokerError, type BrokerFault, type Outgoing } from './connection.js';
import type { EndpointParts } from './endpoint.js';
import { CONFIRM_MS, CONNECT_MS, within } from './reach.js';

/** A broker that says nothing for twice this time is gone. */
const HEARTBEAT_SECONDS = 5;
/** What RabbitMQ lets in by default, from its own machine. */
const ANYBODY = 'guest';

export interface AmqpOptions {
  parts: EndpointParts;
  /** Where it is. */
  address: string;
  config: BrokerConfig;
  brokerId: string;
}

/** AMQP 0-9-1, as RabbitMQ speaks it. */
export async function openAmqp(options: AmqpOptions): Promise<BrokerConnection> {
  const { parts, address } = options;
  const { isEncrypted, host, port, user, password, virtualHost } = parts;
  const opening = connect(
    {
      ...{ protocol: isEncrypted ? 'amqps' : 'amqp', hostname: address, port, heartbeat: HEARTBEAT_SECONDS },
      ...{ username: user || ANYBODY, password: user ? password : ANYBODY },
      vhost: encodeURIComponent(virtualHost || '/'),
    },
    {
      timeout: CONNECT_MS,
      noDelay: true,
      servername: host,
      clientProperties: { connection_name: 'mainspring' },
    },
  );
  const model = await within(opening, CONNECT_MS).catch((error: unknown) => {
    // One that stands after all is nobody's.
    opening.then((late) => late.close()).catch(() => undefined);
    throw faultOf(error);
  });
  return connectionOf(model, options);
}

function connectionOf(
  model: ChannelModel,
  { config, brokerId }: Pick<AmqpOptions, 'config' | 'brokerId'>,
): BrokerConnection {
  const { exchange } = config;
  const closed = new Promise<void>((resolve) => model.once('close', () => resolve()));
  // Its close follows; without a listener an error would end the process.
  model.on('error', () => undefined);
  let publisher: Promise<Publisher> | undefined;
  const publisherOf = () => {
    publisher ??= openPublisher(model, exchange, () => {
      publisher = undefined;
    });
    return publisher;
  };
  return {
    closed,
    consume: (queue, receive) => consumeAmqp(model, { queue, config, brokerId, receive }).catch(rethrow),
    async remove(agentId) {
      const channel = await model.createChannel();
      channel.on('error', () => undefined);
      await channel.deleteQueue(queueOf(exchange, agentId, brokerId)).catch(rethrow);
      await channel.close();
    },
    async publish(outgoing) {
      try {
        const { publish } = await publisherOf();
        return await within(publish(outgoing), CONFIRM_MS);
      } catch (error) {
        throw faultOf(error);
      }
    },
    async close() {
      await within(model.close(), CONNECT_MS).catch(() => undefined);
    },
  };
}

interface Publisher {
  publish(outgoing: Outgoing): Promise<'published' | 'unroutable'>;
}

/** A channel whose messages the broker confirms; one that was closed is opened anew by the next message. */
async function openPublisher(
  model: ChannelModel,
  exchange: string,
  onClosed: () => void,
): Promise<Publisher> {
  try {
    const channel = await model.createConfirmChannel();
    channel.once('close', onClosed);
    channel.on('error', () => undefined);
    await channel.assertExchange(exchange, 'topic', { durable: true });
    return publisherOn(channel, exchange);
  } catch (error) {
    onClosed();
    throw error;
  }
}

function publisherOn(channel: ConfirmChannel, exchange: string): Publisher {
  // What no queue takes comes back before it is confirmed: without this it would be a silent success.
  const returned = new Set<string>();
  channel.on('return', ({ properties }) => returned.add(String(properties.messageId)));
  return {
    publish: ({ id, topic, body }) =>
      new Promise((resolve, reject) => {
        const options = {
          ...{ mandatory: true, persistent: true, messageId: id },
          ...{ contentType: 'application/json', appId: 'mainspring' },
        };
        channel.publish(exchange, topic, Buffer.from(body), options, (error: unknown) => {
          if (error) reject(error);
          else resolve(returned.delete(id) ? 'unroutable' : 'published');
        });
      }),
  };
}

const FAULTS: readonly [RegExp, BrokerFault][] = [
  [/ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/, 'connection_refused'],
  [/ETIMEDOUT/, 'timeout'],
  [/ACCESS[-_]REFUSED.*(?:login|authentication|handshake)|Handshake terminated.*403/i, 'credentials_refused'],
  [/\b(?:40[0-9]|530)\b/, 'not_allowed_there'],
];

function faultOf(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const text = `${code} ${error instanceof Error ? error.message : String(error)}`;
  const [, fault] = FAULTS.find(([pattern]) => pattern.test(text)) ?? [];
  return new BrokerError(fault ?? 'connection_lost', { cause: error });
}

function rethrow(error: unknown): never {
  throw faultOf(error);
}
