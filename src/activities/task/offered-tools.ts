import type { AgentRow } from '../../db/agents.js';
import type { Db } from '../../db/database.js';
import { activeTools } from '../../db/tools.js';
import type { Catalogue } from '../../hosted/catalogue.js';
import type { OfferedTool } from '../../models/models.js';

/**
 * The tools that an agent's model is told of: those it was given, of which code that is here knows its arguments best.
 * Whether a call may be made is decided when it is.
 */
export async function offeredTools(
  db: Db,
  { tools: coded }: Pick<Catalogue, 'tools'>,
  agent: Pick<AgentRow, 'org_id' | 'tools'>,
): Promise<OfferedTool[]> {
  const rows = await activeTools(db, agent.org_id, agent.tools);
  const byName = new Map(rows.map((row) => [row.name, row]));
  return agent.tools.flatMap((name) => {
    const row = byName.get(name);
    if (!row) return [];
    const code = row.kind === 'builtin' ? coded.get(name)?.tool : undefined;
    const { description } = row;
    return [{ name, description, inputSchema: code?.inputSchema ?? row.schema.input }];
  });
}
