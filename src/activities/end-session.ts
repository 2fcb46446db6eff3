import type { AgentSessions } from '../engine/agent-sessions.js';
import type { AgentRef } from '../messages/agent.js';

/** Ends an agent's open session, if there is one. */
export const createEndSession = (sessions: AgentSessions) => async (agent: AgentRef) => {
  await sessions.end(agent);
};
