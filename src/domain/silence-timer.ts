import type { Action } from '../schemas/action.js';

/** Who fell silent, and since when. */
export interface Silence {
  agentId: string;
  name: string;
  sessionId: string;
  /** ISO 8601. */
  lastHeartbeatAt: string;
}

/** Of the timer that runs an agent's `onMissed` actions: one a session, however often it is asked for. */
export const silenceTimerId = ({ sessionId }: Silence) => `${sessionId}.silence`;

/** The actions, with what is known of the silence in the data of those that carry data, and a task's metadata; a caller's own names stay. */
export function silenceActions(actions: readonly Action[], silence: Silence): Action[] {
  const facts = {
    agent_id: silence.agentId,
    agent_name: silence.name,
    last_heartbeat_at: silence.lastHeartbeatAt,
  };
  return actions.map((action) => {
    if (action.type === 'signal' || action.type === 'timer') return action;
    if (action.type === 'task') return { ...action, metadata: { ...facts, ...action.metadata } };
    return { ...action, data: { ...facts, ...action.data } };
  });
}
