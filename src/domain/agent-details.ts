import type { AgentRef, AgentState } from '../messages/agent.js';
import { agentStatus } from './agent-status.js';
import { plain } from './plain.js';

/** What a person reads of an agent's run in the Temporal Web UI: Markdown. */
export function agentDetails({ agentId }: AgentRef, state: AgentState): string {
  const heard = state.lastHeartbeatAt ? `last heard of at ${state.lastHeartbeatAt}` : 'never connected';
  return [
    `**${plain(state.name)}**, \`${agentId}\`: ${agentStatus(state)}`,
    '',
    `- lifecycle: ${state.lifecycle}`,
    `- connection: ${state.connection}, ${heard} when this run last looked`,
    `- silent after ${state.deadlineMs / 1_000} s without a heartbeat`,
  ].join('\n');
}
