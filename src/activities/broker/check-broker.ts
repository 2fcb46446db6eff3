import { getBroker } from '../../db/brokers.js';
import type { Database } from '../../db/database.js';
import type { BrokerRef, BrokerState } from '../../messages/broker.js';

/** A broker as its row says; null when it was deleted. */
export function createCheckBroker({ database }: { database: Database }) {
  return async function checkBroker(ref: BrokerRef): Promise<BrokerState | null> {
    const row = await getBroker(database.db, ref);
    return row ? { name: row.name, status: row.status, error: row.error } : null;
  };
}
