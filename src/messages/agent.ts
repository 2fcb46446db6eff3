import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { Connection, Lifecycle } from '../schemas/agent.js';

/** An agent of an organisation. */
export interface AgentRef {
  orgId: string;
  agentId: string;
}

/** An agent as its workflow last saw it. */
export interface AgentState {
  name: string;
  lifecycle: Lifecycle;
  isSuspended: boolean;
  connection: Connection;
  /** How long it may be silent, in ms. */
  deadlineMs: number;
  /** How much of that was left when the workflow looked. */
  silentInMs: number;
  /** ISO 8601, or null when it never connected. */
  lastHeartbeatAt: string | null;
}

export const agentWorkflowId = ({ orgId, agentId }: AgentRef) => `agent/${orgId}/${agentId}`;

/** The activity that an agent's heartbeats keep alive; open exactly while it is connected. */
export const SESSION_ACTIVITY_ID = 'session';

export const agentQuery = defineQuery<AgentState | null>('agent');
/** What other services may ask of an agent; one that is not possible in its state is logged and left. */
export const lifecycleSignals = {
  start: defineSignal('start'),
  pause: defineSignal('pause'),
  resume: defineSignal('resume'),
  stop: defineSignal('stop'),
} as const;
/** The agent connected, left or was changed: look again. */
export const agentChanged = defineSignal('agentChanged');
