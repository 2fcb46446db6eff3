import { type AgentRow, getAgent, lockAgent } from '../db/agents.js';
import type { Db } from '../db/database.js';
import { hasMail } from '../db/mail.js';
import { notify } from '../db/notify.js';
import { isHandledHere } from '../mailboxes/mailboxes.js';
import type { AgentRef } from '../messages/agent.js';
import type { Caller } from './caller.js';
import { assertMatch } from './etag.js';
import { ApiProblem } from './problem.js';
import type { Services } from './services.js';
import { tryTellSupervisor } from './tell-supervisor.js';

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
  services: Services,
  write: (tx: Db, agent: AgentRow, at: Date) => Promise<T>,
  before?: (tx: Db) => Promise<void>,
): Promise<T> {
  const { database, starter, clock } = services;
  const { value, agent } = await database.db.transaction().execute(async (tx) => {
    await before?.(tx);
    const agent = await lockAgent(tx, orgId, params.id);
    if (!agent) throw unknownAgent();
    assertMatch(header, agent);
    const value = await write(tx, agent, new Date(clock()));
    // Whoever waits for its mail looks whether it may be given now.
    await notify(tx, 'mail', `${orgId}/${agent.id}`);
    return { value, agent };
  });
  // Not waited for: it is done, whether the engine answers now or not.
  void starter.tryTellAgent({ orgId, agentId: params.id });
  void tryTellMailbox(services, agent);
  void tryTellSupervisor(services, agent);
  return value;
}

/** Mail that waits may be handled now, or no longer; never fails: the sweep finds it as well. */
async function tryTellMailbox({ db, starter, log }: Services, before: AgentRow): Promise<void> {
  const agent: AgentRef = { orgId: before.org_id, agentId: before.id };
  try {
    const row = await getAgent(db, agent.orgId, agent.agentId);
    if (!row || !(await hasMail(db, row.id))) return;
    // Of one that lost its handler, what is being handled has still to be settled.
    if (isHandledHere(row) || isHandledHere(before)) await starter.tellMailbox(agent);
  } catch (error) {
    log.warn({ org: agent.orgId, agent: agent.agentId, error }, 'A mailbox was not told of a change');
  }
}
