import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import type { Config } from '../config.js';
import { partsOf } from './endpoint.js';
import { connectNats } from './nats.js';
import { CONNECT_MS, within } from './reach.js';

/** What is not fetched within this time is given up. */
const KEPT_MS = 7 * 86_400_000;
/** A message that is published again in this time is one. */
const REPEATED_MS = 600_000;

/** The operator's own NATS server, wherever it is. */
export interface OwnNats {
  /** A connection that is never mended: whoever opened it opens another one, and closes it. */
  open(): Promise<NatsConnection>;
  /** Rejects when the server does not answer in time. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Undefined where no server is configured. */
export function createOwnNats({ NATS_URL: url }: Pick<Config, 'NATS_URL'>): OwnNats | undefined {
  if (url === undefined) return undefined;
  const parts = partsOf(url);
  const open = () => connectNats(parts, parts.host);
  let asked: Promise<NatsConnection> | undefined;
  return {
    open,
    async ping() {
      asked ??= open();
      try {
        const connection = await asked;
        await within(connection.flush(), CONNECT_MS);
      } catch (error) {
        asked?.then((connection) => connection.close()).catch(() => undefined);
        asked = undefined;
        throw error;
      }
    },
    async close() {
      await asked?.then((connection) => connection.close()).catch(() => undefined);
    },
  };
}

/** Sees to it that a stream keeps what is published on a subject; one that is there stays as it is. */
export async function ensureStreamOf(
  connection: NatsConnection,
  { name, subject }: { name: string; subject: string },
): Promise<{ manager: JetStreamManager; stream: string }> {
  const manager = await jetstreamManager(connection);
  const standing = await manager.streams.find(subject).catch(() => null);
  if (standing !== null) return { manager, stream: standing };
  const limits = { max_age: nanos(KEPT_MS), duplicate_window: nanos(REPEATED_MS) };
  await manager.streams.add({ name, subjects: [subject], storage: 'file', ...limits });
  return { manager, stream: name };
}
