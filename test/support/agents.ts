import { randomUUID } from 'node:crypto';
import { openSession } from '../../src/agents/connections.js';
import { type AgentRow, getAgent } from '../../src/db/agents.js';
import type { Database } from '../../src/db/database.js';
import { ensureOrg } from '../../src/db/orgs.js';

/** Writes the row of an agent that never connected. */
export async function anAgent(
  { db }: Database,
  { orgId = `org-${randomUUID()}`, ...over }: { orgId?: string } & Partial<AgentRow> = {},
): Promise<AgentRow> {
  await ensureOrg(db, { id: orgId, name: orgId, tier: 'pro', webhookSecret: '' });
  const { on_missed = [], tools = [], instruction = null, metrics = null, limits = {}, ...others } = over;
  const { topics = [], brokers = [], handler = null, resources = null, ...further } = others;
  const { container = null, health = null, ...columns } = further;
  return db
    .insertInto('agents')
    .values({
      ...{ id: randomUUID(), org_id: orgId, name: `agent ${randomUUID()}` },
      ...{ settings: '{}', environment: '{}', interval_ms: 60_000, missed_after: 3 },
      ...columns,
      on_missed: JSON.stringify(on_missed),
      tools: JSON.stringify(tools),
      instruction: JSON.stringify(instruction),
      metrics: JSON.stringify(metrics),
      limits: JSON.stringify(limits),
      topics: JSON.stringify(topics),
      brokers: JSON.stringify(brokers),
      handler: JSON.stringify(handler),
      resources: JSON.stringify(resources),
      container: JSON.stringify(container),
      health: JSON.stringify(health),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export const refOf = ({ org_id: orgId, id: agentId }: AgentRow) => ({ orgId, agentId });

/** The agent with a session that began at a moment. */
export async function connected(
  { db }: Database,
  agent: AgentRow,
  at: Date,
  start: 'connect' | 'heartbeat' = 'connect',
): Promise<AgentRow> {
  const session = { id: randomUUID(), context: null, connection: 'online' as const, at };
  const opened = await openSession(db, refOf(agent), session, { start });
  if (!opened) throw new Error('there is no such agent');
  return opened;
}

export async function rowOf({ db }: Database, agent: AgentRow): Promise<AgentRow> {
  const row = await getAgent(db, agent.org_id, agent.id);
  if (!row) throw new Error('the agent is gone');
  return row;
}
