import { countVariants, type InstructionRow } from '../db/instructions.js';
import type { Instruction } from '../schemas/instruction.js';
import type { Services } from './services.js';

const NONE = { agents: 0, succeeded: 0, failed: 0 };

/** Instructions as they are answered, each variant with what became of it. */
export async function instructionAnswers(
  rows: readonly InstructionRow[],
  orgId: string,
  { db }: Pick<Services, 'db'>,
): Promise<Instruction[]> {
  const varied = rows.filter(({ variants }) => variants.length > 0).map(({ id }) => id);
  const counts = new Map(
    (await countVariants(db, orgId, varied)).map((count) => [
      `${count.instruction_id}/${count.variant}`,
      count,
    ]),
  );
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    layer: row.layer,
    agentId: row.agent_id,
    context: row.context,
    systemPrompt: row.system_prompt,
    guidelines: row.guidelines,
    variants: row.variants.map((variant) => {
      const { agents, succeeded, failed } = counts.get(`${row.id}/${variant.name}`) ?? NONE;
      return { ...variant, agents, succeeded, failed };
    }),
    status: row.status,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }));
}
