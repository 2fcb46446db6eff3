import { type Selectable, sql } from 'kysely';
import type { Connection } from '../schemas/agent.js';
import type { SessionEnd } from '../schemas/agent-connection.js';
import type { AgentRow } from './agents.js';
import type { Db } from './database.js';
import type { AgentSessionTable } from './tables-of-agents.js';
import type { Position } from './timers.js';

export type AgentSessionRow = Selectable<AgentSessionTable>;

/** A session that begins. */
export interface NewSession {
  id: string;
  context: string | null;
  connection: Exclude<Connection, 'offline'>;
  at: Date;
}

/** Begins a session of an agent whose row the transaction has locked; the latest one must have ended. */
export async function insertSession(tx: Db, agent: AgentRow, session: NewSession): Promise<void> {
  const { id, context, connection, at } = session;
  await tx
    .insertInto('agent_sessions')
    .values({
      ...{ id, org_id: agent.org_id, agent_id: agent.id, context, interval_ms: agent.interval_ms },
      ...{ connected_at: at, last_heartbeat_at: at, ended_at: null, end_reason: null },
    })
    .execute();
  await tx
    .updateTable('agents')
    .set({ connection, session_id: id, context, last_heartbeat_at: at })
    .where('id', '=', agent.id)
    .execute();
}

/** Of a session whose interval changes no heartbeat counts as missed that the longer one does not expect. */
export async function retimeSession(tx: Db, agent: AgentRow): Promise<void> {
  await tx
    .updateTable('agent_sessions')
    .set({ interval_ms: sql<number>`greatest(interval_ms, ${agent.interval_ms})` })
    .where('id', '=', agent.session_id)
    .where('ended_at', 'is', null)
    .execute();
}

/** Ends the open session of an agent whose row the transaction has locked. */
export async function endOpenSession(
  tx: Db,
  agent: AgentRow,
  { reason, at }: { reason: SessionEnd; at: Date },
): Promise<void> {
  await tx.updateTable('agents').set({ connection: 'offline' }).where('id', '=', agent.id).execute();
  if (agent.session_id === null) return;
  await tx
    .updateTable('agent_sessions')
    .set({ ended_at: at, end_reason: reason })
    .where('id', '=', agent.session_id)
    .where('ended_at', 'is', null)
    .execute();
}

/** An agent's sessions, the newest first, after `position`. */
export async function listSessions(
  db: Db,
  agentId: string,
  { limit, position }: { limit: number; position: Position | undefined },
): Promise<AgentSessionRow[]> {
  let query = db.selectFrom('agent_sessions').selectAll().where('agent_id', '=', agentId);
  if (position) {
    query = query.where(sql<boolean>`(connected_at, id) < (${position.createdAt}, ${position.id})`);
  }
  return query.orderBy('connected_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
}

/** An agent's sessions that were open at some time since a moment, the newest 10,000 at most. */
export async function sessionsSince(db: Db, agentId: string, since: Date): Promise<AgentSessionRow[]> {
  return db
    .selectFrom('agent_sessions')
    .selectAll()
    .where('agent_id', '=', agentId)
    .where((row) => row.or([row('ended_at', 'is', null), row('ended_at', '>=', since)]))
    .orderBy('connected_at', 'desc')
    .limit(10_000)
    .execute();
}

/** Connected agents of whom nothing was heard for a deadline and `graceMs` more: their workflow should know. */
export async function overdueAgents(
  db: Db,
  { now, graceMs }: { now: Date; graceMs: number },
): Promise<{ orgId: string; agentId: string }[]> {
  const { rows } = await sql<{ org_id: string; id: string }>`
    select agents.org_id, agents.id from agent_sessions as session
    join agents on agents.id = session.agent_id
    where session.ended_at is null and agents.connection <> 'offline'
      and agents.last_heartbeat_at
        + (agents.interval_ms * agents.missed_after + ${graceMs}) * interval '1 millisecond' < ${now}
    limit 1000`.execute(db);
  return rows.map((row) => ({ orgId: row.org_id, agentId: row.id }));
}
