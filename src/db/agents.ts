import { type RawBuilder, type Selectable, sql, type Updateable } from 'kysely';
import type { AgentFilter, AgentStatus, Connection, InstructionText, Lifecycle } from '../schemas/agent.js';
import type { Limits } from '../schemas/limits.js';
import type { Db } from './database.js';
import type { StoredAction } from './tables.js';
import type { AgentTable } from './tables-of-agents.js';
import type { Position } from './timers.js';

export type AgentRow = Selectable<AgentTable>;

export interface NewAgent {
  id: string;
  orgId: string;
  name: string;
  type: string | null;
  description: string | null;
  instruction: InstructionText | null;
  tools: string[];
  /** Sealed JSON, as is the next. */
  settings: string;
  environment: string;
  model: string | null;
  limits: Limits;
  /** Of the code that it runs, or null. */
  definition: string | null;
  /** Of one whose code runs here; otherwise it runs from its first connect on. */
  lifecycle?: Lifecycle;
  intervalMs: number;
  missedAfter: number;
  onMissed: StoredAction[];
  /** How it takes messages, and how it is run; what is left out is as usual. */
  columns?: AgentColumns;
  /** By the file of `MAINSPRING_CONFIG`. */
  isDeclared?: boolean;
}

/** What a person may change of an agent's row. */
export type AgentColumns = Omit<
  Updateable<AgentTable>,
  'id' | 'org_id' | 'config_version' | 'revision' | 'updated_at'
>;

/** Cut off where the column would round, into the future. */
const NOW = sql<Date>`date_trunc('milliseconds', now())`;

/** Writes an agent; undefined where its id or its name is taken. */
export async function insertAgent(db: Db, agent: NewAgent): Promise<AgentRow | undefined> {
  const { id, orgId, name, type, description, instruction, tools, settings, environment, model } = agent;
  return db
    .insertInto('agents')
    .values({
      ...{ id, org_id: orgId, name, type, description, settings, environment, model },
      ...{ interval_ms: agent.intervalMs, missed_after: agent.missedAfter, definition: agent.definition },
      ...(agent.lifecycle ? { lifecycle: agent.lifecycle } : {}),
      is_declared: agent.isDeclared ?? false,
      limits: JSON.stringify(agent.limits),
      instruction: JSON.stringify(instruction),
      metrics: JSON.stringify(null),
      tools: JSON.stringify(tools),
      on_missed: JSON.stringify(agent.onMissed),
      ...agent.columns,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

export async function getAgent(db: Db, orgId: string, id: string): Promise<AgentRow | undefined> {
  return db
    .selectFrom('agents')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** That a file declared, their rows kept from others until the transaction ends. */
export async function declaredAgents(tx: Db, orgId: string): Promise<AgentRow[]> {
  return tx
    .selectFrom('agents')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('is_declared', '=', true)
    .orderBy('id')
    .forUpdate()
    .execute();
}

/** Reads an agent and keeps its row from others until the transaction ends. */
export async function lockAgent(tx: Db, orgId: string, id: string): Promise<AgentRow | undefined> {
  return tx
    .selectFrom('agents')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

/** An agent whose organisation the caller does not know: one that connects. */
export async function findAgent(db: Db, id: string): Promise<AgentRow | undefined> {
  return db.selectFrom('agents').selectAll().where('id', '=', id).executeTakeFirst();
}

/** `connectionOf` of the domain, as an expression on rows. */
const CONNECTION = sql<Connection>`case when definition is null then connection
  when lifecycle = 'running' then 'online' else 'offline' end`;
/** `agentStatus` of the domain, as a condition on rows. */
const HAS_STATUS: Record<AgentStatus, RawBuilder<boolean>> = {
  suspended: sql`is_suspended`,
  inactive: sql`not is_suspended and ${CONNECTION} = 'offline'`,
  busy: sql`not is_suspended and ${CONNECTION} = 'busy'`,
  active: sql`not is_suspended and ${CONNECTION} in ('online', 'idle')`,
};

/** Newest first, after `position`. */
export async function listAgents(
  db: Db,
  orgId: string,
  { name, type, status, lifecycle, connection, limit }: Omit<AgentFilter, 'cursor'>,
  position: Position | undefined,
): Promise<AgentRow[]> {
  let query = db.selectFrom('agents').selectAll().where('org_id', '=', orgId);
  if (name !== undefined) query = query.where('name', '=', name);
  if (type !== undefined) query = query.where('type', '=', type);
  if (status !== undefined) query = query.where(HAS_STATUS[status]);
  if (lifecycle !== undefined) query = query.where('lifecycle', '=', lifecycle);
  if (connection !== undefined) query = query.where(CONNECTION, '=', connection);
  if (position) query = query.where(sql<boolean>`(created_at, id) < (${position.createdAt}, ${position.id})`);
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
}

/** What a person changed of an agent that the transaction has locked. */
export async function updateAgent(
  tx: Db,
  agent: Pick<AgentRow, 'id'>,
  columns: AgentColumns,
  { raisesConfig }: { raisesConfig: boolean },
): Promise<AgentRow> {
  return tx
    .updateTable('agents')
    .set(columns)
    .set((row) => ({
      revision: row('revision', '+', 1),
      config_version: row('config_version', '+', raisesConfig ? 1 : 0),
      updated_at: NOW,
    }))
    .where('id', '=', agent.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function deleteAgent(tx: Db, agent: Pick<AgentRow, 'id'>): Promise<void> {
  await tx.deleteFrom('agents').where('id', '=', agent.id).execute();
}

/** Whose configuration something belongs to: every agent's of the organisation, those' that are given a tool, one's. */
export type Audience = { kind: 'everyone' } | { kind: 'tool'; name: string } | { kind: 'agent'; id: string };

function isOf(audience: Audience): RawBuilder<boolean> {
  if (audience.kind === 'agent') return sql`id = ${audience.id}`;
  if (audience.kind === 'tool') return sql`tools::jsonb @> to_jsonb(${audience.name}::text)`;
  return sql`true`;
}

/** Two statements that lock many agents in different orders would wait for each other. */
const locked = (orgId: string, audience: Audience) => sql`
  select id from agents where org_id = ${orgId} and ${isOf(audience)} order by id for no key update`;

/** Keeps the rows of these agents from others until the transaction ends. */
export async function lockAudience(tx: Db, orgId: string, audience: Audience): Promise<void> {
  await locked(orgId, audience).execute(tx);
}

/** What these agents are given has changed. */
export async function raiseConfigVersions(tx: Db, orgId: string, audience: Audience): Promise<void> {
  await sql`
    with held as (${locked(orgId, audience)})
    update agents set config_version = config_version + 1 from held where agents.id = held.id`.execute(tx);
}

/** Takes a tool off the list of every agent that has it; answers those agents. */
export async function withdrawTool(
  tx: Db,
  orgId: string,
  tool: string,
): Promise<Pick<AgentRow, 'id' | 'name'>[]> {
  const { rows } = await sql<Pick<AgentRow, 'id' | 'name'>>`
    with held as (${locked(orgId, { kind: 'tool', name: tool })})
    update agents set
      tools = (
        select coalesce(json_agg(name order by place), '[]')
        from json_array_elements_text(agents.tools) with ordinality as given (name, place)
        where name <> ${tool}),
      config_version = config_version + 1, revision = revision + 1, updated_at = ${NOW}
    from held where agents.id = held.id
    returning agents.id, agents.name`.execute(tx);
  return rows;
}
