import { sql } from 'kysely';
import type { Db } from './database.js';

/** A tool or agent of the code, in an organisation that has none of its name. */
export interface Missing {
  org_id: string;
  name: string;
}

/** Which of the names no row of the table has, organisation by organisation; of one organisation where it is named. */
export async function missingNames(
  db: Db,
  table: 'tools' | 'agents',
  names: readonly string[],
  orgId: string | undefined,
): Promise<Missing[]> {
  const { rows } = await sql<Missing>`
    select orgs.id as org_id, wanted.name
    from orgs, json_array_elements_text(${JSON.stringify(names)}::json) as wanted (name)
    where ${orgId === undefined ? sql`true` : sql`orgs.id = ${orgId}`} and not exists (
      select from ${sql.table(table)} as standing where standing.org_id = orgs.id and standing.name = wanted.name)
    order by orgs.id, wanted.name`.execute(db);
  return rows;
}

/** A tool as its code describes it. */
export interface CodedToolColumns {
  name: string;
  version: string;
  description: string;
  /** JSON. */
  schema: string;
}

export interface NewCodedTool extends CodedToolColumns {
  id: string;
  org_id: string;
  category: string;
  /** Sealed JSON. */
  config: string;
  requires_approval: boolean;
}

/** Writes tools; where the name is taken the row stays. */
export async function insertCodedTools(tx: Db, tools: readonly NewCodedTool[]): Promise<void> {
  if (tools.length === 0) return;
  await sql`
    insert into tools (
      id, org_id, name, version, description, category, schema, status, kind, config, requires_approval)
    select id, org_id, name, version, description, category, schema::json, 'active', 'builtin', config,
      requires_approval
    from json_to_recordset(${JSON.stringify(tools)}::json) as given (
      id text, org_id text, name text, version text, description text, category text, schema text, config text,
      requires_approval boolean)
    on conflict do nothing`.execute(tx);
}

/** Tools of the code take over what it says of them now; agents that are given one learn of it. */
export async function refreshCodedTools(
  tx: Db,
  tools: readonly CodedToolColumns[],
  orgId: string | undefined,
): Promise<void> {
  const { rows: changed } = await sql<Missing>`
    with stale as (
      select tools.id, given.version, given.description, given.schema
      from tools join json_to_recordset(${JSON.stringify(tools)}::json) as given (
        name text, version text, description text, schema text) using (name)
      where ${orgId === undefined ? sql`true` : sql`tools.org_id = ${orgId}`} and tools.kind = 'builtin'
        and (tools.version, tools.description, tools.schema::text)
          is distinct from (given.version, given.description, given.schema)
      order by tools.id for no key update of tools)
    update tools set version = stale.version, description = stale.description, schema = stale.schema::json,
      revision = revision + 1, updated_at = date_trunc('milliseconds', now())
    from stale where tools.id = stale.id returning tools.org_id, tools.name`.execute(tx);
  if (changed.length === 0) return;
  await sql`
    with held as (
      select id from agents where exists (
        select from json_to_recordset(${JSON.stringify(changed)}::json) as given (org_id text, name text)
        where given.org_id = agents.org_id and agents.tools::jsonb @> to_jsonb(given.name))
      order by id for no key update)
    update agents set config_version = config_version + 1 from held where agents.id = held.id`.execute(tx);
}

export interface NewHostedAgent {
  id: string;
  org_id: string;
  /** Also of its definition. */
  name: string;
  type: string;
  description: string;
  /** JSON, as are the next two. */
  instruction: string;
  tools: string;
  limits: string;
  /** Sealed JSON, as is the next. */
  settings: string;
  environment: string;
}

/** Hosted agents send no heartbeats: these say how one would that somebody connects under their name. */
const INTERVAL_MS = 60_000;
const MISSED_AFTER = 3;

/** Writes agents whose code runs here; where the name is taken the row stays. Answers those that are new. */
export async function insertHostedAgents(
  tx: Db,
  agents: readonly NewHostedAgent[],
): Promise<{ id: string; org_id: string; name: string }[]> {
  if (agents.length === 0) return [];
  const { rows } = await sql<{ id: string; org_id: string; name: string }>`
    insert into agents (
      id, org_id, name, type, description, instruction, tools, limits, settings, environment, definition, lifecycle,
      interval_ms, missed_after, on_missed, metrics)
    select id, org_id, name, type, description, instruction::json, tools::json, limits::json, settings, environment,
      name, 'running', ${INTERVAL_MS}, ${MISSED_AFTER}, '[]', 'null'
    from json_to_recordset(${JSON.stringify(agents)}::json) as given (
      id text, org_id text, name text, type text, description text, instruction text, tools text, limits text,
      settings text, environment text)
    on conflict do nothing returning id, org_id, name`.execute(tx);
  return rows;
}
