import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import {
  type ConnectionOptions,
  connect,
  errors,
  type NatsConnection,
  type NodeConnectionOptions,
  type TlsOptions,
} from '@nats-io/transport-node';
import type { BrokerConfig } from '../schemas/broker.js';
import { type BrokerConnection, BrokerError, type BrokerFault } from './connection.js';
import type { EndpointParts } from './endpoint.js';
import {
  consumeNats,
  consumerInfo,
  durableOf,
  isMissing,
  type NatsConsumption,
  prefixOf,
} from './nats-queue.js';
import { CONFIRM_MS, CONNECT_MS, within } from './reach.js';

/** A server that does not answer two of these is gone. */
const PING_MS = 5_000;
/** Servers before 2.10 remove the files of a deleted stream later: one made at once under its name would lose its own. */
export const DELETED_MS = 1_000;
/** What is being handled when the connection is closed has this long to be acknowledged. */
const STOP_MS = 2_000;

/** A user without a password is a token. */
function credentialsOf({
  user,
  password,
}: EndpointParts): Pick<ConnectionOptions, 'user' | 'pass' | 'token'> {
  if (password !== '') return { user, pass: password };
  return user === '' ? {} : { token: user };
}

/** The certificate is that of the name, whatever its address. Servers that want to encrypt do so all the same. */
function encryptionOf({ isEncrypted, host: servername }: EndpointParts): Pick<NodeConnectionOptions, 'tls'> {
  // The transport hands it on to Node, though its type does not say so.
  const tls: TlsOptions & { servername: string } = { servername };
  return isEncrypted || isIP(servername) === 0 ? { tls } : {};
}

/** Connects without JetStream; lost, it stays lost. */
export async function connectNats(parts: EndpointParts, address: string): Promise<NatsConnection> {
  const { port } = parts;
  const opening = connect({
    servers: `${address.includes(':') ? `[${address}]` : address}:${port}`,
    ...credentialsOf(parts),
    ...encryptionOf(parts),
    ...{ name: 'mainspring', timeout: CONNECT_MS, pingInterval: PING_MS, maxPingOut: 2 },
    // Other servers of a cluster are told by addresses that nobody has checked.
    ...{ reconnect: false, ignoreClusterUpdates: true, noAsyncTraces: true },
  });
  return within(opening, CONNECT_MS).catch((error: unknown) => {
    opening.then((late) => late.close()).catch(() => undefined);
    throw natsFault(error);
  });
}

/** Rejects where the server, or the account, has no JetStream. */
export async function managerOf(connection: NatsConnection): Promise<JetStreamManager> {
  try {
    return await jetstreamManager(connection);
  } catch (error) {
    await connection.close();
    throw new BrokerError('no_jetstream', { cause: error });
  }
}

export interface NatsOptions {
  parts: EndpointParts;
  /** Where it is. */
  address: string;
  config: BrokerConfig;
  brokerId: string;
}

/** A NATS server with JetStream. */
export async function openNats({ parts, address, config, brokerId }: NatsOptions): Promise<BrokerConnection> {
  const connection = await connectNats(parts, address);
  const manager = await managerOf(connection);
  const client = jetstream(connection);
  try {
    await ensureStream(manager, config.exchange);
  } catch (error) {
    await connection.close();
    throw natsFault(error);
  }
  return connectionOf({ connection, manager, client, config, brokerId });
}

/** A stream's name has no dots. */
export const streamOf = (exchange: string): string => exchange.replaceAll('.', '_');

const hasStream = (manager: JetStreamManager, name: string): Promise<boolean> =>
  manager.streams.info(name).then(
    () => true,
    (error: unknown) => {
      if (isMissing(error)) return false;
      throw error;
    },
  );

/** What a message is kept for is that its consumers take it: nobody wants one that no queue is there for. */
async function ensureStream(manager: JetStreamManager, exchange: string): Promise<void> {
  const name = streamOf(exchange);
  if (await hasStream(manager, name)) return;
  await manager.streams.add({
    name,
    subjects: [`${prefixOf(exchange)}.>`],
    retention: 'interest',
    storage: 'file',
  });
}

/** The same for a stream that was there before: somebody has deleted it since. */
async function ensureStreamAgain(manager: JetStreamManager, exchange: string): Promise<void> {
  if (await hasStream(manager, streamOf(exchange))) return;
  await sleep(DELETED_MS);
  await ensureStream(manager, exchange);
}

interface Open {
  connection: NatsConnection;
  manager: JetStreamManager;
  client: JetStreamClient;
  config: BrokerConfig;
  brokerId: string;
}

function connectionOf({ connection, manager, client, config, brokerId }: Open): BrokerConnection {
  const { exchange } = config;
  const stream = streamOf(exchange);
  const consumptions = new Set<NatsConsumption>();
  return {
    closed: connection.closed().then(() => undefined),
    async consume(queue, receive) {
      // Somebody may have deleted it since.
      if (queue.topics.length > 0) await ensureStreamAgain(manager, exchange).catch(rethrow);
      const surroundings = { manager, client, stream, config, brokerId };
      const consumption = await consumeNats(surroundings, { queue, receive }).catch(rethrow);
      if (!consumption) return null;
      consumptions.add(consumption);
      void consumption.closed.then(() => consumptions.delete(consumption));
      return consumption;
    },
    async remove(agentId) {
      const durable = durableOf(agentId, brokerId);
      const isThere = await consumerInfo(manager, stream, durable).catch(rethrow);
      if (isThere) await manager.consumers.delete(stream, durable).catch(rethrow);
    },
    async publish({ id, topic, body }) {
      const publish = () =>
        client.publish(`${prefixOf(exchange)}.${topic}`, body, { msgID: id, timeout: CONFIRM_MS });
      await publish()
        .catch(async (error: unknown) => {
          if (!isStreamGone(error)) throw error;
          await ensureStreamAgain(manager, exchange);
          return publish();
        })
        .catch(rethrow);
      return 'published';
    },
    async close() {
      const stopped = Promise.all([...consumptions].map((one) => one.stop())).then(() => connection.flush());
      await within(stopped, STOP_MS).catch(() => undefined);
      await connection.close();
    },
  };
}

/** Whether nobody takes a message in: its stream was deleted at the server. */
const isStreamGone = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof errors.RequestError && error.cause.isNoResponders();

/** Why NATS did not do what it was asked. */
export function natsFault(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  return new BrokerError(faultOf(error), { cause: error });
}

function faultOf(error: unknown): BrokerFault {
  if (error instanceof errors.AuthorizationError) return 'credentials_refused';
  if (error instanceof errors.PermissionViolationError) return 'not_allowed_there';
  if (error instanceof errors.TimeoutError) return 'timeout';
  if (error instanceof Error && /refused/.test(error.message)) return 'connection_refused';
  return 'connection_lost';
}

function rethrow(error: unknown): never {
  throw natsFault(error);
}
