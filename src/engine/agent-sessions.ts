import {
  ActivityCancelledError,
  ActivityCompletionError,
  ActivityNotFoundError,
  type Client,
} from '@temporalio/client';
import { type AgentRef, agentWorkflowId, SESSION_ACTIVITY_ID } from '../messages/agent.js';

/** What the Web UI shows of the last heartbeat. */
export interface HeartbeatDetails {
  status: string;
  metrics: Record<string, number> | null;
  /** ISO 8601. */
  at: string;
}

/** The open session of an agent: an activity that its heartbeats keep alive. */
export interface AgentSessions {
  /** False where there is no open session. Throws {@link ActivityCompletionError} when the engine cannot be reached. */
  beat(agent: AgentRef, details: HeartbeatDetails): Promise<boolean>;
  /** False where there was none. */
  end(agent: AgentRef): Promise<boolean>;
}

const idOf = (agent: AgentRef) => ({ workflowId: agentWorkflowId(agent), activityId: SESSION_ACTIVITY_ID });

async function unlessGone(call: Promise<void>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof ActivityNotFoundError || error instanceof ActivityCancelledError) return false;
    throw error;
  }
}

export const createAgentSessions = ({ activity }: Pick<Client, 'activity'>): AgentSessions => ({
  beat: (agent, details) => unlessGone(activity.heartbeat(idOf(agent), details)),
  end: (agent) => unlessGone(activity.complete(idOf(agent), undefined)),
});
