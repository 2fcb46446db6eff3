import { sql } from 'kysely';
import type { AgentRow } from './agents.js';
import type { Db } from './database.js';

export async function getAgentByName(db: Db, orgId: string, name: string): Promise<AgentRow | undefined> {
  return db
    .selectFrom('agents')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('name', '=', name)
    .executeTakeFirst();
}

const IS_AVAILABLE = sql<boolean>`not is_suspended and lifecycle in ('created', 'running')`;

/** The agent that a task for any agent of a type goes to: one that takes tasks now, one with code before others, the oldest. */
export async function agentOfType(db: Db, orgId: string, type: string): Promise<AgentRow | undefined> {
  return db
    .selectFrom('agents')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('type', '=', type)
    .orderBy(IS_AVAILABLE, 'desc')
    .orderBy(sql`definition is not null`, 'desc')
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}

/** The types of an organisation's agents, at most `limit`. */
export async function agentTypes(db: Db, orgId: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('agents')
    .select('type')
    .distinct()
    .where('org_id', '=', orgId)
    .where('type', 'is not', null)
    .orderBy('type')
    .limit(limit)
    .execute();
  return rows.flatMap(({ type }) => type ?? []);
}

/** The agents whose code runs in the workers, the oldest first. */
export async function hostedAgents(db: Db, orgId: string, limit: number): Promise<AgentRow[]> {
  return db
    .selectFrom('agents')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('definition', 'is not', null)
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Whom an id or a type of an agent, or the id of a task of it, names; undefined where it names nothing of the organisation. */
export async function agentNamed(
  db: Db,
  orgId: string,
  name: string,
): Promise<{ id: string } | { type: string } | undefined> {
  const { rows } = await sql<{ kind: 'id' | 'type'; value: string }>`
    select 'id' as kind, id as value, 1 as place from agents where org_id = ${orgId} and id = ${name}
    union all
    (select 'type', type, 2 from agents where org_id = ${orgId} and type = ${name} limit 1)
    union all
    select 'id', agent_id, 3 from tasks where org_id = ${orgId} and id = ${name}
    order by place limit 1`.execute(db);
  const [found] = rows;
  return found && (found.kind === 'id' ? { id: found.value } : { type: found.value });
}
