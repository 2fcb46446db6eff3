import { type AgentRow, getAgent } from '../db/agents.js';
import { isSupervised } from '../domain/supervision.js';
import type { Services } from './services.js';

const needsOne = ({ image, health_url: healthUrl, container }: AgentRow) =>
  isSupervised({ image, healthUrl, container });

/**
 * Who looks after an agent learns of a change; `before` is its row before that. Never fails: the sweep finds what was
 * not told.
 */
export async function tryTellSupervisor(
  { db, starter, log }: Pick<Services, 'db' | 'starter' | 'log'>,
  before: AgentRow,
): Promise<void> {
  const { org_id: orgId, id: agentId } = before;
  try {
    const after = needsOne(before) ? before : await getAgent(db, orgId, agentId);
    if (after && needsOne(after)) await starter.tellSupervisor({ orgId, agentId });
  } catch (error) {
    log.warn({ org: orgId, agent: agentId, error }, 'A change of an agent that is looked after was not told');
  }
}
