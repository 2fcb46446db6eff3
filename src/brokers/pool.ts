import { type BrokerKey, type BrokerRow, getBroker } from '../db/brokers.js';
import type { Database } from '../db/database.js';
import type { GuardOptions } from '../outbound/guard.js';
import type { Vault } from '../secrets/vault.js';
import { accessOf, wayTo } from './access.js';
import { type BrokerConnection, BrokerError } from './connection.js';
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
  /** Of the row that it was opened for. */
  access: string;
  connection: Promise<BrokerConnection>;
  idle: NodeJS.Timeout;
}

/** Rejects, rather than throws, where the secrets cannot be read. */
async function openRow(
  row: BrokerRow,
  { vault, guard }: BrokerPoolOptions,
  signal: AbortSignal,
): Promise<BrokerConnection> {
  return openBroker(accessOf(row, vault), guard, signal);
}

export function createBrokerPool(options: BrokerPoolOptions): BrokerPool {
  const pooled = new Map<string, Pooled>();
  const closing = new AbortController();

  function drop(brokerId: string, { connection, idle }: Pick<Pooled, 'connection' | 'idle'>): void {
    clearTimeout(idle);
    if (pooled.get(brokerId)?.connection === connection) pooled.delete(brokerId);
    connection.then((open) => open.close()).catch(() => undefined);
  }

  function add(row: BrokerRow): Pooled {
    const connection = openRow(row, options, closing.signal);
    const idle = setTimeout(() => drop(row.id, entry), IDLE_MS);
    const entry: Pooled = { access: wayTo(row), connection, idle };
    pooled.set(row.id, entry);
    connection.then(
      (standing) => standing.closed.then(() => drop(row.id, entry)),
      () => drop(row.id, entry),
    );
    return entry;
  }

  return {
    async connectionTo(broker) {
      const row = await getBroker(options.database.db, broker);
      if (closing.signal.aborted) throw new BrokerError('connection_lost');
      const standing = pooled.get(broker.brokerId);
      if (standing && (!row || standing.access !== wayTo(row))) drop(broker.brokerId, standing);
      if (!row) return null;
      const entry = pooled.get(broker.brokerId) ?? add(row);
      entry.idle.refresh();
      return entry.connection;
    },
    async close() {
      closing.abort();
      const entries = [...pooled];
      for (const [brokerId, entry] of entries) drop(brokerId, entry);
      await Promise.allSettled(entries.map(async ([, { connection }]) => (await connection).closed));
    },
  };
}
