import type { Kysely } from 'kysely';
import { endOpenSession, insertSession, type NewSession } from '../db/agent-sessions.js';
import { type AgentRow, lockAgent } from '../db/agents.js';
import type { Db } from '../db/database.js';
import { appendEvents, type NewEvent } from '../db/events.js';
import type { Tables } from '../db/tables.js';
import { agentStatus, connectionOf } from '../domain/agent-status.js';
import type { AgentRef } from '../messages/agent.js';
import type { AgentStatus } from '../schemas/agent.js';
import type { SessionEnd } from '../schemas/agent-connection.js';
import type { EventType } from '../schemas/event.js';

/** How a session began: the agent connected, or a heartbeat came after it had been silent. */
export type SessionStart = 'connect' | 'heartbeat';

export interface SessionWish {
  start: SessionStart;
  /** Asked while the row is locked: whether who calls may still do so. */
  admits?: (agent: AgentRow) => boolean;
}

/** A fact about an agent. */
export const eventOf = (
  agent: Pick<AgentRow, 'id' | 'org_id' | 'name'>,
  type: EventType,
  data: object,
  at: Date,
): NewEvent => ({
  orgId: agent.org_id,
  type,
  subject: agent.id,
  data: { name: agent.name, ...data },
  at,
});

/** How an agent is, or is with another connection than its row's. */
export const statusOf = (agent: AgentRow, connection = agent.connection): AgentStatus =>
  agentStatus({ isSuspended: agent.is_suspended, connection: connectionOf({ ...agent, connection }) });

/** Nothing where the status stays what it was. */
export function statusEvents(agent: AgentRow, to: AgentStatus, at: Date): NewEvent[] {
  const from = statusOf(agent);
  return from === to ? [] : [eventOf(agent, 'agent.status_changed', { from, to }, at)];
}

/**
 * Begins a session, with everything that follows from it, in one transaction; one that is open is replaced. Null where
 * there is no such agent, or it does not admit the caller; one that is suspended gets none. Of two heartbeats that bring an agent back at once, one does.
 */
export async function openSession(
  db: Kysely<Tables>,
  { orgId, agentId }: AgentRef,
  session: NewSession,
  { start, admits = () => true }: SessionWish,
): Promise<AgentRow | null> {
  return db.transaction().execute(async (tx) => {
    const agent = await lockAgent(tx, orgId, agentId);
    if (!agent || !admits(agent)) return null;
    const isOpen = agent.connection !== 'offline';
    if (agent.is_suspended || (isOpen && start === 'heartbeat')) return agent;
    const { id: sessionId, at, context, connection } = session;
    if (isOpen) await endOpenSession(tx, agent, { reason: 'replaced', at });
    const replaced = {
      sessionId: agent.session_id,
      lastHeartbeatAt: agent.last_heartbeat_at,
      reason: 'replaced',
    };
    await insertSession(tx, agent, session);
    const isFirst = agent.lifecycle === 'created';
    if (isFirst)
      await tx.updateTable('agents').set({ lifecycle: 'running' }).where('id', '=', agentId).execute();
    await appendEvents(tx, [
      ...(isFirst ? [eventOf(agent, 'agent.started', { from: 'created' }, at)] : []),
      ...(isOpen ? [eventOf(agent, 'agent.disconnected', replaced, at)] : []),
      eventOf(agent, 'agent.connected', { sessionId, context, by: start }, at),
      ...statusEvents(agent, statusOf(agent, connection), at),
    ]);
    return { ...agent, connection, session_id: sessionId, context, last_heartbeat_at: at };
  });
}

/** Ends the open session of an agent that the transaction has locked, and tells of it; false where none was open. */
export async function closeSession(
  tx: Db,
  agent: AgentRow,
  { reason, at }: { reason: SessionEnd; at: Date },
): Promise<boolean> {
  if (agent.connection === 'offline') return false;
  await endOpenSession(tx, agent, { reason, at });
  const { session_id: sessionId, last_heartbeat_at: lastHeartbeatAt } = agent;
  const data = { sessionId, lastHeartbeatAt, reason };
  await appendEvents(tx, [
    ...(reason === 'silent' ? [eventOf(agent, 'agent.health_check_failed', data, at)] : []),
    eventOf(agent, 'agent.disconnected', data, at),
    ...statusEvents(agent, statusOf(agent, 'offline'), at),
  ]);
  return true;
}
