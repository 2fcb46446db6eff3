import type { Kysely } from 'kysely';
import { v7 as newId } from 'uuid';
import { appendEvents } from '../db/events.js';
import {
  insertCodedTools,
  insertHostedAgents,
  type Missing,
  missingNames,
  type NewCodedTool,
  type NewHostedAgent,
  refreshCodedTools,
} from '../db/hosted.js';
import type { Tables } from '../db/tables.js';
import type { AgentDefinition } from '../plugin/define-agent.js';
import type { Vault } from '../secrets/vault.js';
import type { Catalogue, CodedTool } from './catalogue.js';

export interface EnsureHostedOptions {
  /** By default all organisations. */
  orgId?: string;
}

const described = ({ tool: { name, version, description, inputSchema } }: CodedTool) => ({
  ...{ name, version, description },
  schema: JSON.stringify({ input: inputSchema }),
});

const newTool = (coded: CodedTool, { org_id }: Missing, vault: Vault): NewCodedTool => ({
  ...described(coded),
  ...{ id: newId(), org_id, category: coded.tool.category },
  requires_approval: coded.tool.requiresApproval,
  config: vault.seal('{}'),
});

const newAgent = (definition: AgentDefinition, { org_id }: Missing, vault: Vault): NewHostedAgent => ({
  ...{
    id: newId(),
    org_id,
    name: definition.name,
    type: definition.type,
    description: definition.description,
  },
  instruction: JSON.stringify(definition.instruction),
  tools: JSON.stringify(definition.tools),
  limits: JSON.stringify(definition.limits),
  settings: vault.seal('{}'),
  environment: vault.seal('{}'),
});

/**
 * Gives organisations the agents and tools whose code is here, where they have none of that name. What stands is an
 * organisation's own: of a tool only what its code says of it follows the code. Any number of processes may do so at
 * once.
 */
export async function ensureHosted(
  db: Kysely<Tables>,
  catalogue: Catalogue,
  vault: Vault,
  { orgId }: EnsureHostedOptions = {},
): Promise<void> {
  const tools = [...catalogue.tools.values()];
  const definitions = new Map(catalogue.agents.map((definition) => [definition.name, definition]));
  await db.transaction().execute(async (tx) => {
    const toolsMissing = await missingNames(tx, 'tools', [...catalogue.tools.keys()], orgId);
    await insertCodedTools(
      tx,
      toolsMissing.flatMap((missing) => {
        const coded = catalogue.tools.get(missing.name);
        return coded ? [newTool(coded, missing, vault)] : [];
      }),
    );
    await refreshCodedTools(tx, tools.map(described), orgId);
    const agentsMissing = await missingNames(tx, 'agents', [...definitions.keys()], orgId);
    const made = await insertHostedAgents(
      tx,
      agentsMissing.flatMap((missing) => {
        const definition = definitions.get(missing.name);
        return definition ? [newAgent(definition, missing, vault)] : [];
      }),
    );
    await appendEvents(
      tx,
      made.map(({ id, org_id, name }) => ({
        ...{ orgId: org_id, type: 'agent.created' as const, subject: id },
        data: { name },
      })),
    );
  });
}
