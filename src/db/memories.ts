import { type Selectable, sql } from 'kysely';
import type { Db } from './database.js';
import type { AgentMemoryTable } from './tables-of-tasks.js';
import type { Position } from './timers.js';

export type MemoryRow = Selectable<AgentMemoryTable>;

/** Of what an agent remembers: something of one session, or (session null) of none. */
export interface MemoryPlace {
  orgId: string;
  agentId: string;
  sessionId: string | null;
  key: string;
}

const NOW = sql<Date>`date_trunc('milliseconds', now())`;

export async function getMemory(
  db: Db,
  { orgId, agentId, sessionId, key }: MemoryPlace,
): Promise<MemoryRow | undefined> {
  return db
    .selectFrom('agent_memories')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('agent_id', '=', agentId)
    .where('session_id', '=', sessionId ?? '')
    .where('key', '=', key)
    .executeTakeFirst();
}

/** How many entries an agent may keep: in one session (or outside of all), and altogether. */
export interface MemoryLimits {
  perSession: number;
  perAgent: number;
}

/** Writes what shall be remembered, over what stood there; undefined where there is no room for another entry. */
export async function setMemory(
  db: Db,
  { orgId, agentId, sessionId, key }: MemoryPlace,
  value: unknown,
  { perSession, perAgent }: MemoryLimits,
): Promise<MemoryRow | undefined> {
  const session = sessionId ?? '';
  const { rows } = await sql<MemoryRow>`
    insert into agent_memories (org_id, agent_id, session_id, key, value)
    select ${orgId}, ${agentId}, ${session}, ${key}, ${JSON.stringify(value)}::json
    where exists (select 1 from agent_memories where agent_id = ${agentId} and session_id = ${session} and key = ${key})
      or ((select count(*) from agent_memories where agent_id = ${agentId} and session_id = ${session}) < ${perSession}
        and (select count(*) from agent_memories where agent_id = ${agentId}) < ${perAgent})
    on conflict (agent_id, session_id, key) do update set value = excluded.value, updated_at = ${NOW}
    returning *`.execute(db);
  return rows[0];
}

/**
 * Changes what is remembered from what it was (null: nothing), one transaction after the other; nothing happens where
 * there is no room for another entry, or no such agent.
 */
export async function changeMemory(
  tx: Db,
  place: MemoryPlace,
  { perSession, perAgent }: MemoryLimits,
  change: (value: unknown) => unknown,
): Promise<void> {
  const { orgId, agentId, sessionId, key } = place;
  const session = sessionId ?? '';
  // Waits for whoever writes the same entry for the first time, and for whoever deletes the agent.
  await sql`
    insert into agent_memories (org_id, agent_id, session_id, key, value)
    select ${orgId}, agents.id, ${session}, ${key}, 'null'::json from agents
    where agents.org_id = ${orgId} and agents.id = ${agentId} and (
      exists (select 1 from agent_memories where agent_id = ${agentId} and session_id = ${session} and key = ${key})
      or ((select count(*) from agent_memories where agent_id = ${agentId} and session_id = ${session}) < ${perSession}
        and (select count(*) from agent_memories where agent_id = ${agentId}) < ${perAgent}))
    for key share of agents
    on conflict (agent_id, session_id, key) do nothing`.execute(tx);
  const { rows } = await sql<{ value: unknown }>`
    select value from agent_memories
    where org_id = ${orgId} and agent_id = ${agentId} and session_id = ${session} and key = ${key}
    for update`.execute(tx);
  const [row] = rows;
  if (!row) return;
  await sql`
    update agent_memories set value = ${JSON.stringify(change(row.value))}::json, updated_at = ${NOW}
    where org_id = ${orgId} and agent_id = ${agentId} and session_id = ${session} and key = ${key}`.execute(
    tx,
  );
}

/** Forgets an entry; false where there was none. */
export async function deleteMemory(
  db: Db,
  { orgId, agentId, sessionId, key }: MemoryPlace,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('agent_memories')
    .where('org_id', '=', orgId)
    .where('agent_id', '=', agentId)
    .where('session_id', '=', sessionId ?? '')
    .where('key', '=', key)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Of all entries, those of one session (null: of none), or (undefined) of all. */
export interface MemoryScope {
  orgId: string;
  agentId: string;
  sessionId?: string | null | undefined;
}

/** An entry with an id that tells it from others of the same moment. */
export type ListedMemory = MemoryRow & { id: string };

/** As the index has it. */
const ENTRY_ID = sql<string>`md5(session_id || ' ' || key)`;

/** Newest first, after `position`. */
export async function listMemories(
  db: Db,
  { orgId, agentId, sessionId }: MemoryScope,
  { limit, position }: { limit: number; position: Position | undefined },
): Promise<ListedMemory[]> {
  let query = db
    .selectFrom('agent_memories')
    .selectAll()
    .select(ENTRY_ID.as('id'))
    .where('org_id', '=', orgId)
    .where('agent_id', '=', agentId);
  if (sessionId !== undefined) query = query.where('session_id', '=', sessionId ?? '');
  if (position)
    query = query.where(sql<boolean>`(created_at, ${ENTRY_ID}) < (${position.createdAt}, ${position.id})`);
  return query.orderBy('created_at', 'desc').orderBy(ENTRY_ID, 'desc').limit(limit).execute();
}

/** Forgets a whole session, or everything; answers how many entries that were. */
export async function deleteMemories(db: Db, { orgId, agentId, sessionId }: MemoryScope): Promise<number> {
  let query = db.deleteFrom('agent_memories').where('org_id', '=', orgId).where('agent_id', '=', agentId);
  if (sessionId !== undefined) query = query.where('session_id', '=', sessionId ?? '');
  const { numDeletedRows } = await query.executeTakeFirst();
  return Number(numDeletedRows);
}
