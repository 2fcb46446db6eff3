import type { AgentCommand, AgentStatus, Connection, Lifecycle } from '../schemas/agent.js';

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
