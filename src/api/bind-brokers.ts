import { v7 as newId } from 'uuid';
import { bindAgent } from '../brokers/bindings.js';
import type { AgentRow } from '../db/agents.js';
import type { Db } from '../db/database.js';
import type { BrokerRef } from '../messages/broker.js';
import { invalid } from './problem.js';
import type { Services } from './services.js';

type Binding = Pick<Services, 'vault' | 'guard'>;

/**
 * Has an agent's topics carried by these brokers, by those that it has where none are named. Answers brokers that were
 * made for it; throws for names that no broker has.
 */
export async function bindBrokers(
  tx: Db,
  agent: AgentRow,
  entries: readonly string[] | undefined,
  { vault, guard }: Binding,
): Promise<BrokerRef[]> {
  const bound = await bindAgent(tx, agent, entries ?? agent.brokers, { vault, guard, newId });
  if (bound.kind === 'refused') throw invalid(bound.errors);
  return bound.made.map(({ id: brokerId, org_id: orgId }) => ({ orgId, brokerId }));
}

/** Has brokers that were made connected to; what is not told now, the sweep tells. */
export function tellBrokers(
  made: readonly BrokerRef[],
  { starter, log }: Pick<Services, 'starter' | 'log'>,
): void {
  for (const ref of made)
    starter
      .tellBroker(ref)
      .catch((error: unknown) => log.warn({ org: ref.orgId, error }, 'A broker was not told of its change'));
}
