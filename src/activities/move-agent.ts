import { moveLifecycle } from '../agents/lifecycle.js';
import { lockAgent } from '../db/agents.js';
import type { Database } from '../db/database.js';
import type { LifecycleVerb } from '../domain/agent-lifecycle.js';
import type { Starter } from '../engine/starter.js';
import type { Log } from '../log.js';
import { isHandledHere } from '../mailboxes/mailboxes.js';
import type { AgentRef } from '../messages/agent.js';

export interface MoveAgentOptions {
  database: Database;
  starter: Pick<Starter, 'tellMailbox' | 'tellSupervisor'>;
  log: Log;
  now?: () => number;
}

export interface AgentMove extends AgentRef {
  verb: LifecycleVerb;
}

/** Moves an agent because a service signalled so. Nobody waits for an answer: what is not possible is logged. */
export function createMoveAgent({ database, starter, log, now = Date.now }: MoveAgentOptions) {
  return async function moveAgent({ orgId, agentId, verb }: AgentMove): Promise<void> {
    const at = new Date(now());
    const result = await database.db.transaction().execute(async (tx) => {
      const agent = await lockAgent(tx, orgId, agentId);
      return agent && moveLifecycle(tx, agent, verb, at);
    });
    if (!result) return;
    if (result.kind === 'refused') {
      log.warn(
        { org: orgId, agent: agentId, reason: result.reason },
        'A signalled move of an agent was refused',
      );
      return;
    }
    if (isHandledHere(result.row)) await starter.tellMailbox({ orgId, agentId });
    if (result.row.image !== null || result.row.health_url !== null)
      await starter.tellSupervisor({ orgId, agentId });
  };
}
