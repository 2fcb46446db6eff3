import type { AgentRef } from '../messages/agent.js';
import type { SupervisorState } from '../messages/supervisor.js';
import { plain } from './plain.js';

/** What a person reads of a supervisor's run in the Temporal Web UI: Markdown. */
export function supervisorDetails(
  { agentId }: AgentRef,
  { name, container, health }: SupervisorState,
): string {
  const restarts = container && container.restarts > 0 ? `, restarted ${container.restarts} times` : '';
  const exit = container && container.exitCode !== null ? `, exit code ${container.exitCode}` : '';
  const lines = [
    ...(container ? [`- container: ${container.status}${exit}${restarts}, since ${container.at}`] : []),
    ...(health ? [`- ${health.status} when it was last asked, at ${health.at}`] : ['- not asked yet']),
  ];
  return [`**${plain(name)}**, \`${agentId}\``, '', ...lines].join('\n');
}
