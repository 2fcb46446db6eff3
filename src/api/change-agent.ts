import { type AgentRow, getAgent, lockAgent } from '../db/agents.js';
import type { Db } from '../db/database.js';
import type { Caller } from './caller.js';
import { assertMatch } from './etag.js';
import { ApiProblem } from './problem.js';
import type { Services } from './services.js';

const unknownAgent = () => new ApiProblem('not_found', 'there is no such agent');

/** The agent, if it is the organisation's. */
export async function findOwnAgent(
  { db }: Pick<Services, 'db'>,
  orgId: string,
  id: string,
): Promise<AgentRow> {
  const agent = await getAgent(db, orgId, id);
  if (!agent) throw unknownAgent();
  return agent;
}

/** Which agent a request is about, and which revision of it. */
export interface AgentRequestParts {
  params: { id: string };
  caller: Pick<Caller, 'orgId'>;
  header: (name: string) => string;
}

/**
 * Changes an agent in one transaction, its row locked, if it is the revision that was meant; its workflow is
 * told afterwards. `before` locks what has to be locked before an agent.
 */
export async function changeAgent<T>(
  { params, caller: { orgId }, header }: AgentRequestParts,
  { database, starter, clock }: Services,
  write: (tx: Db, agent: AgentRow, at: Date) => Promise<T>,
  before?: (tx: Db) => Promise<void>,
): Promise<T> {
  const written = await database.db.transaction().execute(async (tx) => {
    await before?.(tx);
    const agent = await lockAgent(tx, orgId, params.id);
    if (!agent) throw unknownAgent();
    assertMatch(header, agent);
    return write(tx, agent, new Date(clock()));
  });
  // Not waited for: it is done, whether the engine answers now or not.
  void starter.tryTellAgent({ orgId, agentId: params.id });
  return written;
}
