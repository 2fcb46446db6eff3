import { type BrokerRow, insertBroker } from '../db/brokers.js';
import type { Db } from '../db/database.js';
import { appendEvents } from '../db/events.js';
import { type GuardOptions, leadsInwards } from '../outbound/guard.js';
import type { BrokerKind, BrokerRequest } from '../schemas/broker.js';
import type { Vault } from '../secrets/vault.js';
import { isEndpoint, webUrlOf } from './endpoint.js';

/** Of an organisation: each holds a connection. */
export const MOST_BROKERS = 100;

export interface AddBrokerOptions {
  vault: Vault;
  guard: GuardOptions;
  newId: () => string;
}

/** Why an endpoint cannot be one; null where it can. */
export function faultOfEndpoint(endpoint: string, { guard }: Pick<AddBrokerOptions, 'guard'>): string | null {
  if (!isEndpoint(endpoint)) return 'is not the address of a broker';
  return leadsInwards(webUrlOf(endpoint), guard) ? 'leads to an address that is not allowed' : null;
}

/** Writes a broker with its event; undefined where its name is taken. Its workflow is to be told afterwards. */
export async function addBroker(
  tx: Db,
  { orgId, id, request }: { orgId: string; id: string; request: BrokerRequest & { kind: BrokerKind } },
  { vault }: Pick<AddBrokerOptions, 'vault'>,
): Promise<BrokerRow | undefined> {
  const { name, kind, endpoints, config } = request;
  const sealed = vault.seal(JSON.stringify(endpoints));
  const row = await insertBroker(tx, { id, orgId, name, kind, endpoints: sealed, config });
  if (row) await appendEvents(tx, [{ orgId, type: 'broker.created', subject: id, data: { name, kind } }]);
  return row;
}
