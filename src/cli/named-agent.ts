import type { Agent, MainspringClient } from '../client/index.js';
import { NotThere } from './failure.js';

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id of an agent that is named by its id or by its name, which is the only one of its organisation. */
export async function agentIdOf(client: MainspringClient, idOrName: string): Promise<string> {
  if (ID.test(idOrName)) return idOrName;
  const named: Agent[] = [];
  for await (const agent of client.agents.list({ name: idOrName, limit: 1 })) named.push(agent);
  const [agent] = named;
  if (!agent)
    throw new NotThere(`There is no agent "${idOrName}"; mainspring agents list shows those there are.`);
  return agent.id;
}
