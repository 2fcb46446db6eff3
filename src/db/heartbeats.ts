import { sql } from 'kysely';
import type { Connection, Lifecycle } from '../schemas/agent.js';
import { type Outcomes, usageWrites } from './agent-usage.js';
import type { Db } from './database.js';

/** What is asked of an agent's row with every request that it makes. */
export interface Presence {
  id: string;
  org_id: string;
  connection: Connection;
  lifecycle: Lifecycle;
  is_suspended: boolean;
  config_version: number;
  interval_ms: number;
  session_id: string | null;
  /** That it connected in. */
  context: string | null;
  credential_version: number;
  previous_until: Date | null;
}

/** One for each id, in order; null where there is no such agent. */
export async function readPresences(db: Db, ids: readonly string[]): Promise<(Presence | null)[]> {
  const { rows } = await sql<Presence>`
    select id, org_id, connection, lifecycle, is_suspended, config_version, interval_ms, session_id,
      context, credential_version, previous_until
    from agents
    where id = any (array(select json_array_elements_text(${JSON.stringify(ids)}::json)))`.execute(db);
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => found.get(id) ?? null);
}

/** An agent's heartbeats since they were last written: the latest, how many there were, and what they told in all. */
export interface Beats extends Outcomes {
  agentId: string;
  at: Date;
  status: Exclude<Connection, 'offline'>;
  metrics: Record<string, number> | null;
  count: number;
  toolUse: ({ name: string } & Outcomes)[];
}

const HOUR_MS = 3_600_000;
const hourOf = (at: Date) => new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS);

/** As `agentStatus` says of those that are neither suspended nor offline. */
const statusOf = (connection: string) =>
  sql.raw(`case ${connection} when 'busy' then 'busy' else 'active' end`);

/**
 * Writes heartbeats of many agents in one statement: rows, open sessions, changed statuses as events, usage. Only what
 * is newer than the row changes how the agent is, and nothing brings back one that is offline. Answers the agents
 * whose row somebody else holds: waiting for one would hold up all the others, or end in a deadlock.
 */
export async function writeBeats(db: Db, beats: readonly Beats[]): Promise<string[]> {
  const rows = beats.map((one) => ({ ...one, hour: hourOf(one.at) }));
  const { rows: skipped } = await sql<{ agentId: string }>`
    with beat as materialized (
      select * from json_to_recordset(${JSON.stringify(rows)}::json) as beat (
        "agentId" text, at timestamptz, hour timestamptz, status text, metrics json, count integer,
        succeeded integer, failed integer, "toolUse" json)
    ), held as materialized (
      select agents.id, org_id, name, connection, session_id, context, tools, beat.*,
        last_heartbeat_at is null or beat.at > last_heartbeat_at as is_newer,
        connection <> 'offline' and not is_suspended as is_told
      from beat join agents on agents.id = beat."agentId"
      for update of agents skip locked
    ), moved as (
      update agents set
        last_heartbeat_at = greatest(agents.last_heartbeat_at, held.at),
        metrics = case when held.is_newer then held.metrics else agents.metrics end,
        connection = case when held.is_newer and held.connection <> 'offline' then held.status
          else held.connection end
      from held where agents.id = held.id
    ), counted as (
      update agent_sessions as session set
        last_heartbeat_at = greatest(session.last_heartbeat_at, held.at),
        heartbeats = session.heartbeats + held.count
      from held
      where session.id = held.session_id and session.ended_at is null and session.connected_at <= held.at
    ), told as (
      insert into events (org_id, type, subject, data, at)
      select org_id, 'agent.status_changed', id,
        json_build_object('name', name, 'from', ${statusOf('connection')}, 'to', ${statusOf('status')}), at
      from held
      where is_newer and is_told and ${statusOf('connection')} <> ${statusOf('status')}
    ), used as (${usageWrites})
    select "agentId" from beat
    where "agentId" not in (select id from held) and "agentId" in (select id from agents)`.execute(db);
  return skipped.map(({ agentId }) => agentId);
}

/** Whether a session was ended by its agent at a moment or later: a heartbeat of before does not bring it back. */
export async function hasLeftSince(db: Db, sessionId: string, at: Date): Promise<boolean> {
  const left = await db
    .selectFrom('agent_sessions')
    .select('id')
    .where('id', '=', sessionId)
    .where('end_reason', '=', 'disconnected')
    .where('ended_at', '>=', at)
    .executeTakeFirst();
  return left !== undefined;
}
