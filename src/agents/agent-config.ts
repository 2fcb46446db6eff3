import type { AgentRow } from '../db/agents.js';
import type { Db } from '../db/database.js';
import { type AssignedInstruction, assignVariants, instructionsFor } from '../db/instructions.js';
import { activeTools } from '../db/tools.js';
import { type InstructionPart, mergeInstruction } from '../domain/merge-instruction.js';
import { pickVariant } from '../domain/pick-variant.js';
import type { AgentConfig } from '../schemas/agent-connection.js';
import type { InstructionLayer } from '../schemas/instruction.js';
import type { Vault } from '../secrets/vault.js';

export interface AgentConfigOptions {
  db: Db;
  vault: Pick<Vault, 'open'>;
}

/**
 * What an agent works with in a context, secrets in full. The row is read before what it refers to: a change in
 * between makes the agent read once more, and is never missed.
 */
export async function agentConfig(
  { db, vault }: AgentConfigOptions,
  agent: AgentRow,
  context: string | null,
): Promise<AgentConfig> {
  const instruction = mergeInstruction(await partsOf(db, agent, context));
  const tools = await activeTools(db, agent.org_id, agent.tools);
  const place = new Map(agent.tools.map((name, index) => [name, index]));
  tools.sort((one, other) => (place.get(one.name) ?? 0) - (place.get(other.name) ?? 0));
  return {
    instruction,
    tools: tools.map(({ id, name, description, schema }) => ({
      ...{ _id: id, name, description },
      schema: schema.input,
    })),
    agent: { id: agent.id, name: agent.name, orgId: agent.org_id },
    model: agent.model,
    settings: JSON.parse(vault.open(agent.settings)),
    environment: JSON.parse(vault.open(agent.environment)),
    heartbeat: { intervalMs: agent.interval_ms },
    configVersion: agent.config_version,
  };
}

/** The texts for an agent, in the order in which they are merged. */
async function partsOf(db: Db, agent: AgentRow, context: string | null): Promise<InstructionPart[]> {
  const instructions = await instructionsFor(db, agent, context);
  const assigned = await assign(db, agent, instructions);
  const ofLayer = (wanted: InstructionLayer) =>
    instructions
      .filter(({ layer }) => layer === wanted)
      .map(
        ({ id, variants, system_prompt: systemPrompt, guidelines }) =>
          variants.find(({ name }) => name === assigned.get(id)) ?? { systemPrompt, guidelines },
      );
  const own = agent.instruction ? [agent.instruction] : [];
  return [...ofLayer('organisation'), ...own, ...ofLayer('agent'), ...ofLayer('context')];
}

/** The variant of each instruction that has some; an agent keeps the one it got for as long as that exists. */
async function assign(
  db: Db,
  agent: AgentRow,
  instructions: readonly AssignedInstruction[],
): Promise<Map<string, string>> {
  const assigned = new Map<string, string>();
  const picked: { instructionId: string; variant: string }[] = [];
  for (const { id, variants, assigned: kept } of instructions) {
    const variant = variants.find(({ name }) => name === kept) ?? pickVariant(variants, id, agent.id);
    if (!variant) continue;
    assigned.set(id, variant.name);
    if (variant.name !== kept) picked.push({ instructionId: id, variant: variant.name });
  }
  const written = await assignVariants(db, agent, picked);
  return new Map([...assigned, ...written]);
}
