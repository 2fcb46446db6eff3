import { type Selectable, sql, type Updateable } from 'kysely';
import type { ToolFilter, ToolRequest } from '../schemas/tool.js';
import type { Db } from './database.js';
import type { ToolTable } from './tables-of-agents.js';
import type { Position } from './timers.js';

export type ToolRow = Selectable<ToolTable>;

export interface NewTool extends Omit<ToolRequest, 'config' | 'category'> {
  id: string;
  orgId: string;
  category: string | null;
  /** Sealed JSON. */
  config: string;
}

/** What a person may change of a tool's row. */
export type ToolColumns = Omit<
  Updateable<ToolTable>,
  'id' | 'org_id' | 'name' | 'revision' | 'created_at' | 'updated_at'
>;

/** Writes a tool; undefined where its id or its name is taken. */
export async function insertTool(db: Db, tool: NewTool): Promise<ToolRow | undefined> {
  const { id, orgId, name, version, description, category, schema, status, kind, config } = tool;
  return db
    .insertInto('tools')
    .values({
      ...{ id, org_id: orgId, name, version, description, category, status, kind, config },
      schema: JSON.stringify(schema),
      requires_approval: tool.requiresApproval,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

export async function getTool(db: Db, orgId: string, id: string): Promise<ToolRow | undefined> {
  return db
    .selectFrom('tools')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Reads a tool and keeps its row from others until the transaction ends. */
export async function lockTool(tx: Db, orgId: string, id: string): Promise<ToolRow | undefined> {
  return tx
    .selectFrom('tools')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

/** Those of the names that tools have; until the transaction ends none of them is deleted. To be called before an agent is locked. */
export async function keepTools(tx: Db, orgId: string, names: readonly string[]): Promise<Set<string>> {
  if (names.length === 0) return new Set();
  const rows = await tx
    .selectFrom('tools')
    .select('name')
    .where('org_id', '=', orgId)
    .where('name', 'in', names)
    .orderBy('id')
    .forKeyShare()
    .execute();
  return new Set(rows.map(({ name }) => name));
}

/** The tools of these names that may be used now. */
export async function activeTools(db: Db, orgId: string, names: readonly string[]): Promise<ToolRow[]> {
  if (names.length === 0) return [];
  return db
    .selectFrom('tools')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('name', 'in', names)
    .where('status', '=', 'active')
    .execute();
}

/** Newest first, after `position`. */
export async function listTools(
  db: Db,
  orgId: string,
  { status, category, kind, limit }: Omit<ToolFilter, 'cursor'>,
  position: Position | undefined,
): Promise<ToolRow[]> {
  let query = db.selectFrom('tools').selectAll().where('org_id', '=', orgId);
  if (status !== undefined) query = query.where('status', '=', status);
  if (category !== undefined) query = query.where('category', '=', category);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (position) query = query.where(sql<boolean>`(created_at, id) < (${position.createdAt}, ${position.id})`);
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
}

/** What a person changed of a tool that the transaction has locked. */
export async function updateTool(
  tx: Db,
  { id }: Pick<ToolRow, 'id'>,
  columns: ToolColumns,
): Promise<ToolRow> {
  return tx
    .updateTable('tools')
    .set(columns)
    .set((row) => ({ revision: row('revision', '+', 1), updated_at: sql`date_trunc('milliseconds', now())` }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function deleteTool(tx: Db, { id }: Pick<ToolRow, 'id'>): Promise<void> {
  await tx.deleteFrom('tools').where('id', '=', id).execute();
}
