import { agentsBoundTo, renameBrokersOf } from '../db/broker-bindings.js';
import { type BrokerKey, type BrokerRow, getBroker, lockBroker, updateBroker } from '../db/brokers.js';
import type { Db } from '../db/database.js';
import { appendEvents } from '../db/events.js';
import { notify } from '../db/notify.js';
import { isMasked } from '../domain/url-secrets.js';
import type { BrokerChange } from '../schemas/broker.js';
import type { FieldError } from '../schemas/field-errors.js';
import type { Vault } from '../secrets/vault.js';
import { endpointsOf } from './access.js';
import { type AddBrokerOptions, faultOfEndpoint } from './add-broker.js';
import { hasEndpoint, isUrl } from './bindings.js';
import { isSameEndpoint, kindOf } from './endpoint.js';

export type Changed =
  | { kind: 'changed'; row: BrokerRow }
  | { kind: 'refused'; errors: FieldError[] }
  | { kind: 'unknown' };

type Options = Pick<AddBrokerOptions, 'vault' | 'guard'>;

/** Changes how a broker is reached; whoever holds its connection opens another one. Its queues stay what they are. */
export async function changeBroker(
  tx: Db,
  ref: BrokerKey,
  change: BrokerChange,
  options: Options,
): Promise<Changed> {
  const before = await getBroker(tx, ref);
  if (!before) return { kind: 'unknown' };
  // Agents are locked before brokers, as where an agent is changed.
  if (change.endpoints) await nameInAgents(tx, before, options);
  const row = await lockBroker(tx, ref);
  if (!row) return { kind: 'unknown' };
  const endpoints = change.endpoints && unmasked(change.endpoints, row, options.vault);
  const errors = (endpoints ?? []).flatMap((endpoint, index) => {
    const message = faultOf(endpoint, row, options);
    return message === null ? [] : [{ path: `endpoints.${index}`, message }];
  });
  if (errors.length > 0) return { kind: 'refused', errors };
  const changed = await updateBroker(tx, row.id, {
    endpoints: endpoints ? options.vault.seal(JSON.stringify(endpoints)) : row.endpoints,
    config: { ...row.config, ...change.config },
  });
  const data = { name: row.name, kind: row.kind, fields: Object.keys(change) };
  await appendEvents(tx, [{ orgId: ref.orgId, type: 'broker.updated', subject: row.id, data }]);
  await notify(tx, 'brokers', ref.orgId);
  return { kind: 'changed', row: changed };
}

/** An agent that was given an endpoint of it has its name from now on: the endpoint may be no broker's soon. */
async function nameInAgents(tx: Db, broker: BrokerRow, options: Options): Promise<void> {
  for (const agent of await agentsBoundTo(tx, broker.id)) {
    const named = agent.brokers.map((entry) =>
      isUrl(entry) && hasEndpoint(broker, entry, options) ? broker.name : entry,
    );
    if (named.some((entry, index) => entry !== agent.brokers[index]))
      await renameBrokersOf(tx, agent.id, [...new Set(named)]);
  }
}

/** What was read may be sent back: its credentials are those that it has. */
function unmasked(asked: readonly string[], row: BrokerRow, vault: Pick<Vault, 'open'>): string[] {
  const standing = asked.some(isMasked) ? readable(row, vault) : [];
  return asked.map((endpoint) =>
    isMasked(endpoint) ? (standing.find((one) => isSameEndpoint(endpoint, one)) ?? endpoint) : endpoint,
  );
}

function readable(row: BrokerRow, vault: Pick<Vault, 'open'>): string[] {
  try {
    return endpointsOf(row, vault);
  } catch {
    // Sealed with a key that is gone: it is to be sent anew.
    return [];
  }
}

function faultOf(endpoint: string, { kind }: BrokerRow, options: Options): string | null {
  const fault = faultOfEndpoint(endpoint, options);
  if (fault !== null) return fault;
  if (kindOf(endpoint) !== kind) return `is not an endpoint of kind ${kind}`;
  return isMasked(endpoint) ? 'holds the mask of a secret: send the secret itself' : null;
}
