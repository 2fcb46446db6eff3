import type { AgentStatus, Connection, Lifecycle } from '../schemas/agent.js';
import type { AgentCommand } from '../schemas/agent-connection.js';

/** What of an agent's row tells how it is. */
export interface Presence {
  lifecycle: Lifecycle;
  /** Of the code that it runs here, or null for one that runs elsewhere and connects. */
  definition: string | null;
  connection: Connection;
}

/** How an agent can be reached: one whose code runs in the workers never connects, it is there while it is to run. */
export function connectionOf({ definition, lifecycle, connection }: Presence): Connection {
  if (definition === null) return connection;
  return lifecycle === 'running' ? 'online' : 'offline';
}

/** How an agent is, in one word. */
export function agentStatus(agent: { isSuspended: boolean; connection: Connection }): AgentStatus {
  if (agent.isSuspended) return 'suspended';
  if (agent.connection === 'offline') return 'inactive';
  return agent.connection === 'busy' ? 'busy' : 'active';
}

/** What an agent is told with each heartbeat, as long as it holds. */
export function commandsOf(lifecycle: Lifecycle): AgentCommand[] {
  if (lifecycle === 'paused') return ['pause'];
  return lifecycle === 'stopped' ? ['stop'] : [];
}
