import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { ContainerState, HealthState } from '../schemas/hosting.js';
import type { AgentRef } from './agent.js';

/** How an agent that is looked after was last seen. */
export interface SupervisorState {
  name: string;
  container: ContainerState | null;
  health: HealthState | null;
}

/** What its workflow waits for besides words. */
export interface Supervision extends SupervisorState {
  /** The id of the container whose end is to be noticed, or null. */
  watched: string | null;
  /** In how many ms to look again, or null. */
  restMs: number | null;
}

/** The workflow that keeps an agent's container as its lifecycle says, and asks whether the agent is well. */
export const supervisorWorkflowId = ({ orgId, agentId }: AgentRef) => `supervisor/${orgId}/${agentId}`;

export const supervisorQuery = defineQuery<SupervisorState | null>('supervisor');
/** The agent was started, paused, resumed, stopped, changed or deleted: look again. */
export const supervise = defineSignal('supervise');
