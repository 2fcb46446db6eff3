import { type Selectable, sql, type Updateable } from 'kysely';
import type { InstructionFilter, InstructionLayer, Variant } from '../schemas/instruction.js';
import type { AgentRow } from './agents.js';
import type { Db } from './database.js';
import type { InstructionTable } from './tables-of-agents.js';
import type { Position } from './timers.js';

export type InstructionRow = Selectable<InstructionTable>;

export interface NewInstruction {
  id: string;
  orgId: string;
  name: string;
  layer: InstructionLayer;
  agentId: string | null;
  context: string | null;
  systemPrompt: string;
  guidelines: string[];
  variants: Variant[];
  status: InstructionRow['status'];
}

/** What a person may change of an instruction's row. */
export type InstructionColumns = Pick<
  Updateable<InstructionTable>,
  'name' | 'system_prompt' | 'guidelines' | 'variants' | 'status'
>;

/** Writes an instruction; undefined where its id is taken. */
export async function insertInstruction(
  db: Db,
  instruction: NewInstruction,
): Promise<InstructionRow | undefined> {
  const { id, orgId, name, layer, agentId, context, status } = instruction;
  return db
    .insertInto('instructions')
    .values({
      ...{ id, org_id: orgId, name, layer, agent_id: agentId, context, status },
      system_prompt: instruction.systemPrompt,
      guidelines: JSON.stringify(instruction.guidelines),
      variants: JSON.stringify(instruction.variants),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

const ofOrg = (db: Db, orgId: string) =>
  db.selectFrom('instructions').selectAll().where('org_id', '=', orgId);

export async function getInstruction(db: Db, orgId: string, id: string): Promise<InstructionRow | undefined> {
  return ofOrg(db, orgId).where('id', '=', id).executeTakeFirst();
}

/** Reads an instruction and keeps its row from others until the transaction ends; its agent has to be locked before. */
export async function lockInstruction(
  tx: Db,
  orgId: string,
  id: string,
): Promise<InstructionRow | undefined> {
  return ofOrg(tx, orgId).where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Newest first, after `position`. */
export async function listInstructions(
  db: Db,
  orgId: string,
  { layer, agentId, context, status, limit }: Omit<InstructionFilter, 'cursor'>,
  position: Position | undefined,
): Promise<InstructionRow[]> {
  let query = ofOrg(db, orgId);
  if (layer !== undefined) query = query.where('layer', '=', layer);
  if (agentId !== undefined) query = query.where('agent_id', '=', agentId);
  if (context !== undefined) query = query.where('context', '=', context);
  if (status !== undefined) query = query.where('status', '=', status);
  if (position) query = query.where(sql<boolean>`(created_at, id) < (${position.createdAt}, ${position.id})`);
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
}

/** What a person changed of an instruction that the transaction has locked. */
export async function updateInstruction(
  tx: Db,
  { id }: Pick<InstructionRow, 'id'>,
  columns: InstructionColumns,
): Promise<InstructionRow> {
  return tx
    .updateTable('instructions')
    .set(columns)
    .set((row) => ({ revision: row('revision', '+', 1), updated_at: sql`date_trunc('milliseconds', now())` }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function deleteInstruction(tx: Db, { id }: Pick<InstructionRow, 'id'>): Promise<void> {
  await tx.deleteFrom('instructions').where('id', '=', id).execute();
}

/** An instruction that an agent is given, with the variant that it has got of it. */
export type AssignedInstruction = InstructionRow & { assigned: string | null };

/** The active instructions for an agent in a context, the oldest first. */
export async function instructionsFor(
  db: Db,
  { org_id: orgId, id: agentId }: Pick<AgentRow, 'org_id' | 'id'>,
  context: string | null,
): Promise<AssignedInstruction[]> {
  return db
    .selectFrom('instructions as i')
    .leftJoin('instruction_assignments as a', (join) =>
      join.onRef('a.instruction_id', '=', 'i.id').on('a.agent_id', '=', agentId),
    )
    .selectAll('i')
    .select('a.variant as assigned')
    .where('i.org_id', '=', orgId)
    .where('i.status', '=', 'active')
    .where((row) =>
      row.or([
        row('i.layer', '=', 'organisation'),
        row('i.agent_id', '=', agentId),
        ...(context === null ? [] : [row('i.context', '=', context)]),
      ]),
    )
    .orderBy('i.created_at')
    .orderBy('i.id')
    .execute();
}

/**
 * Keeps which variants were picked for an agent, and answers those that stand, by instruction: of two picks at once
 * the first, and one that was removed from its instruction makes room.
 */
export async function assignVariants(
  db: Db,
  { id: agentId }: Pick<AgentRow, 'id'>,
  picked: readonly { instructionId: string; variant: string }[],
): Promise<Map<string, string>> {
  if (picked.length === 0) return new Map();
  await sql`
    insert into instruction_assignments as held (org_id, instruction_id, agent_id, variant)
    select i.org_id, i.id, a.id, picked.variant
    from json_to_recordset(${JSON.stringify(picked)}::json) as picked ("instructionId" text, variant text)
    join instructions i on i.id = picked."instructionId"
    join agents a on a.id = ${agentId} and a.org_id = i.org_id
    for key share of a, i
    on conflict (instruction_id, agent_id) do update set variant = excluded.variant
    where not exists (
      select 1 from instructions i, json_array_elements(i.variants) as standing
      where i.id = held.instruction_id and standing ->> 'name' = held.variant)`.execute(db);
  const rows = await db
    .selectFrom('instruction_assignments')
    .select(['instruction_id', 'variant'])
    .where('agent_id', '=', agentId)
    .where(
      'instruction_id',
      'in',
      picked.map(({ instructionId }) => instructionId),
    )
    .execute();
  return new Map(rows.map((row) => [row.instruction_id, row.variant]));
}

/** What became of a variant of an instruction. */
export interface VariantCount {
  instruction_id: string;
  variant: string;
  /** How many agents got it. */
  agents: number;
  succeeded: number;
  failed: number;
}

export async function countVariants(
  db: Db,
  orgId: string,
  instructionIds: readonly string[],
): Promise<VariantCount[]> {
  if (instructionIds.length === 0) return [];
  const { rows } = await sql<VariantCount>`
    select instruction_id, variant, sum(agents)::bigint as agents, sum(succeeded)::bigint as succeeded,
      sum(failed)::bigint as failed
    from (
      select instruction_id, variant, 1 as agents, 0 as succeeded, 0 as failed
      from instruction_assignments
      where org_id = ${orgId} and instruction_id in (${sql.join([...instructionIds])})
      union all
      select subject, variant, 0, succeeded, failed from agent_usage
      where org_id = ${orgId} and kind = 'variant' and subject in (${sql.join([...instructionIds])})
    ) as counted
    group by instruction_id, variant`.execute(db);
  return rows;
}
