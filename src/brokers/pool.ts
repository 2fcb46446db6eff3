import { type BrokerKey, getBroker } from '../db/brokers.js';
import type { Database } from '../db/database.js';
import type { GuardOptions } from '../outbound/guard.js';
import type { Vault } from '../secrets/vault.js';
import { accessOf } from './access.js';
import type { BrokerConnection } from './connection.js';
import { openBroker } from './open.js';

/** A connection that nobody has published over for so long is closed. */
const IDLE_MS = 60_000;

export interface BrokerPoolOptions {
  database: Database;
  vault: Pick<Vault, 'open'>;
  guard: GuardOptions;
}

/** Connections of this process to publish over: one a broker, opened when it is needed. */
export interface BrokerPool {
  /** Null where there is no such broker. Rejects with a {@link BrokerError} where it cannot be connected to. */
  connectionTo(broker: BrokerKey): Promise<BrokerConnection | null>;
  close(): Promise<void>;
}

interface Pooled {
  connection: Promise<BrokerConnection>;
  idle: NodeJS.Timeout;
}

export function createBrokerPool({ database, vault, guard }: BrokerPoolOptions): BrokerPool {
  const pooled = new Map<string, Pooled>();

  function drop(brokerId: string, { connection, idle }: Pooled): void {
    clearTimeout(idle);
    if (pooled.get(brokerId)?.connection === connection) pooled.delete(brokerId);
    connection.then((open) => open.close()).catch(() => undefined);
  }

  async function open(broker: BrokerKey): Promise<BrokerConnection> {
    const row = await getBroker(database.db, broker);
    if (!row) throw new Gone();
    return openBroker(accessOf(row, vault), guard);
  }

  function add(broker: BrokerKey): Pooled {
    const { brokerId } = broker;
    const connection = open(broker);
    const idle = setTimeout(() => drop(brokerId, entry), IDLE_MS);
    const entry: Pooled = { connection, idle };
    pooled.set(brokerId, entry);
    connection.then(
      (standing) => standing.closed.then(() => drop(brokerId, entry)),
      () => drop(brokerId, entry),
    );
    return entry;
  }

  return {
    async connectionTo(broker) {
      const entry = pooled.get(broker.brokerId) ?? add(broker);
      entry.idle.refresh();
      try {
        return await entry.connection;
      } catch (error) {
        if (error instanceof Gone) return null;
        throw error;
      }
    },
    async close() {
      const entries = [...pooled];
      for (const [brokerId, entry] of entries) drop(brokerId, entry);
      await Promise.allSettled(entries.map(async ([, { connection }]) => (await connection).closed));
    },
  };
}

/** The broker was deleted. */
class Gone extends Error {}
