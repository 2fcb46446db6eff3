import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { ErrorCategory, Stage, TaskStatus } from '../schemas/task.js';

export interface TaskRef {
  orgId: string;
  taskId: string;
}

/** A task as its workflow is started. */
export interface TaskInput extends TaskRef {
  /** Nothing waited when it was submitted: it may begin by the shortest way. */
  isFirst?: boolean;
}

/** A task that a schedule starts: its id is the rest of its workflow's, which Temporal gives it. */
export interface ScheduledTaskRef {
  orgId: string;
  scheduleId: string;
}

/** How a task is carried out, as it was when it began. */
export interface Plan {
  agentName: string;
  /** What of its time limit is left, in ms. */
  leftMs: number;
  /** At one call of a model. */
  maxAttempts: number;
  /** Where the agent has code; without code for `execute` a model is asked until it answers. */
  stages: Stage[];
  /** How many calls a conversation has made: where it goes on after a continue-as-new. */
  steps: number;
}

/** A call that was asked for: its row says what of. */
export interface CallRef {
  kind: 'model' | 'tool';
  /** In its task, unique and the same however often its code runs: `execute.2`. */
  place: string;
}

/** What a call of a tool waits for, or that it was made. */
export type ToolOutcome =
  | { kind: 'made' }
  /** A person decides, within so many ms. */
  | { kind: 'approval'; deadlineMs: number }
  /** Another agent's task, which it started. */
  | { kind: 'child'; taskId: string };

export interface TaskError {
  category: ErrorCategory;
  message: string;
}

export type TaskOutcome =
  | { status: 'completed' }
  | { status: Extract<TaskStatus, 'failed' | 'cancelled' | 'timed_out'>; error: TaskError };

/** What a run of a task came to, and how much time that took, without what it waited for people. */
export type TaskRun = TaskOutcome & { usedMs: number };

/** A task as its workflow sees it. */
export interface TaskState {
  agentName: string;
  status: TaskStatus;
  stage: Stage | null;
  /** Calls that are under way or wait for approval, by their place. */
  calls: string[];
  /** Calls of a model that a conversation has made. */
  steps: number;
}

export const taskWorkflowId = ({ orgId, taskId }: TaskRef) => `task/${orgId}/${taskId}`;
/** The task of a workflow that a schedule started. */
export const taskIdOf = (workflowId: string) => workflowId.split('/').slice(2).join('/');
/** The Temporal Schedule of a task that comes again and again, and how the ids of its workflows begin. */
export const temporalScheduleId = ({ orgId, scheduleId }: ScheduledTaskRef) =>
  `schedule/${orgId}/${scheduleId}`;
/** The schedule of a Temporal Schedule; undefined for those that are not of tasks. */
export function scheduleOf(temporalId: string): ScheduledTaskRef | undefined {
  const [kind, orgId, ...rest] = temporalId.split('/');
  return kind === 'schedule' && orgId !== undefined && rest.length > 0
    ? { orgId, scheduleId: rest.join('/') }
    : undefined;
}
export const scheduledTaskPrefix = ({ orgId, scheduleId }: ScheduledTaskRef) =>
  taskWorkflowId({ orgId, taskId: scheduleId });
export const callId = (taskId: string, place: string) => `${taskId}.${place}`;

export const taskQuery = defineQuery<TaskState>('task');
/** Look at the rows: somebody approved or rejected calls of tools. Of a task that has not begun it ends the wait for its moment. */
export const decided = defineSignal('decided');
