import type { BrokerRow } from '../db/brokers.js';
import type { Vault } from '../secrets/vault.js';
import type { BrokerAccess } from './connection.js';

/** The endpoints of a broker, with their credentials; throws where the key that sealed them is gone. */
export function endpointsOf(
  { endpoints }: Pick<BrokerRow, 'endpoints'>,
  { open }: Pick<Vault, 'open'>,
): string[] {
  const opened: string[] = JSON.parse(open(endpoints));
  return opened;
}

export const accessOf = (row: BrokerRow, vault: Pick<Vault, 'open'>): BrokerAccess => ({
  id: row.id,
  kind: row.kind,
  endpoints: endpointsOf(row, vault),
  config: row.config,
});

/** All that a connection depends on: one that was opened for another way is not the broker's any more. */
export const wayTo = ({ endpoints, config }: Pick<BrokerRow, 'endpoints' | 'config'>): string =>
  JSON.stringify([endpoints, config]);
