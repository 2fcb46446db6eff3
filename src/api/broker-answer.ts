import type { z } from 'zod';
import { endpointsOf } from '../brokers/access.js';
import type { BrokerRow } from '../db/brokers.js';
import { MASK, maskUrl } from '../domain/url-secrets.js';
import { brokerWorkflowId } from '../messages/broker.js';
import type { Broker } from '../schemas/broker.js';
import type { Services } from './services.js';

function shownEndpoints(row: BrokerRow, { vault }: Pick<Services, 'vault'>): string[] {
  try {
    return endpointsOf(row, vault).map(maskUrl);
  } catch {
    // Sealed with a key that is gone.
    return [MASK];
  }
}

/** A broker's row as people may read it. */
export const brokerAnswer = (
  row: BrokerRow,
  agents: readonly { broker_id: string; id: string; name: string }[],
  services: Pick<Services, 'vault' | 'starter'>,
): z.input<typeof Broker> => ({
  ...{ id: row.id, name: row.name, kind: row.kind, config: row.config },
  endpoints: shownEndpoints(row, services),
  ...{ status: row.status, error: row.error },
  agents: agents.filter((agent) => agent.broker_id === row.id).map(({ id, name }) => ({ id, name })),
  createdAt: row.created_at.toISOString(),
  run: services.starter.linkTo(brokerWorkflowId({ orgId: row.org_id, brokerId: row.id })),
});
