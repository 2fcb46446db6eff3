import type { Selectable } from 'kysely';
import type { Db } from './database.js';
import type { AgentTable } from './tables.js';

export type AgentRow = Selectable<AgentTable>;

export async function getAgent(db: Db, orgId: string, id: string): Promise<AgentRow | undefined> {
  return db
    .selectFrom('agents')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
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
