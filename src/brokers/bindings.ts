import type { AgentRow } from '../db/agents.js';
import { writeBindings } from '../db/broker-bindings.js';
import { type BrokerRow, holdBrokers, listBrokers } from '../db/brokers.js';
import type { Db } from '../db/database.js';
import { notify } from '../db/notify.js';
import { isMasked, maskUrl } from '../domain/url-secrets.js';
import { BrokerConfig } from '../schemas/broker.js';
import type { FieldError } from '../schemas/field-errors.js';
import { endpointsOf } from './access.js';
import { type AddBrokerOptions, addBroker, faultOfEndpoint, MOST_BROKERS } from './add-broker.js';
import { isSameEndpoint, kindOf, nameOf } from './endpoint.js';

/** Whether an entry of an agent's `brokers` is an endpoint; otherwise it is the name of a broker. */
export const isUrl = (entry: string): boolean => /^[a-z]+:\/\//i.test(entry);

/** As it is stored with the agent and answered: credentials stand with the broker alone. */
export const shownEntry = (entry: string): string => (isUrl(entry) ? maskUrl(entry) : entry);

/** What an agent's entries come to: the brokers, those of them that were made for it, or what is wrong. */
export type Bound = { kind: 'bound'; made: BrokerRow[] } | { kind: 'refused'; errors: FieldError[] };

/**
 * Has an agent's topics carried by these brokers from now on, in the transaction that writes the agent. An endpoint that
 * no broker has becomes a broker.
 */
export async function bindAgent(
  tx: Db,
  agent: Pick<AgentRow, 'id' | 'org_id' | 'topics'>,
  entries: readonly string[],
  options: AddBrokerOptions,
): Promise<Bound> {
  const { id: agentId, org_id: orgId, topics } = agent;
  const standing = entries.length === 0 ? [] : await listBrokers(tx, orgId);
  const made: BrokerRow[] = [];
  const errors: FieldError[] = [];
  const ids: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const found = await brokerOf(tx, { orgId, entry, known: [...standing, ...made] }, options);
    if (found.kind === 'refused') errors.push({ path: `brokers.${index}`, message: found.message });
    else ids.push(found.row.id);
    if (found.kind === 'made') made.push(found.row);
  }
  if (errors.length > 0) return { kind: 'refused', errors };
  const there = await holdBrokers(tx, ids);
  const gone = ids.findIndex((id) => !there.includes(id));
  if (gone >= 0)
    return { kind: 'refused', errors: [{ path: `brokers.${gone}`, message: 'was deleted just now' }] };
  await writeBindings(tx, { orgId, agentId, topics }, ids);
  await notify(tx, 'brokers', orgId);
  return { kind: 'bound', made };
}

type Found = { kind: 'known' | 'made'; row: BrokerRow } | { kind: 'refused'; message: string };

async function brokerOf(
  tx: Db,
  { orgId, entry, known }: { orgId: string; entry: string; known: readonly BrokerRow[] },
  options: AddBrokerOptions,
): Promise<Found> {
  if (!isUrl(entry)) {
    const row = known.find(({ name }) => name === entry);
    return row ? { kind: 'known', row } : { kind: 'refused', message: 'is not the name of a broker' };
  }
  const message = faultOfEndpoint(entry, options);
  if (message !== null) return { kind: 'refused', message };
  const row = known.find((broker) => hasEndpoint(broker, entry, options));
  if (row) return { kind: 'known', row };
  if (isMasked(entry))
    return { kind: 'refused', message: 'holds the mask of a secret: send the secret itself' };
  if (known.length >= MOST_BROKERS)
    return { kind: 'refused', message: `an organisation has at most ${MOST_BROKERS} brokers` };
  const wanted = nameOf(entry);
  const taken = new Set(known.map(({ name }) => name));
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`;
  const request = { name, kind: kindOf(entry), endpoints: [entry], config: BrokerConfig.parse({}) };
  const added = await addBroker(tx, { orgId, id: options.newId(), request }, options);
  return added ? { kind: 'made', row: added } : { kind: 'refused', message: 'another broker has its name' };
}

export function hasEndpoint(
  broker: BrokerRow,
  entry: string,
  { vault }: Pick<AddBrokerOptions, 'vault'>,
): boolean {
  let endpoints: string[];
  try {
    endpoints = endpointsOf(broker, vault);
  } catch {
    // Sealed with a key that is gone: nobody knows where it leads.
    return false;
  }
  return endpoints.some((endpoint) => isSameEndpoint(entry, endpoint));
}
