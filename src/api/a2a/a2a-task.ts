import {
  type Artifact,
  type Message,
  type Part,
  Role,
  type Task,
  TaskState,
  type TaskStatus,
} from '@a2a-js/sdk';
import type { z } from 'zod';
import type { TaskStatus as OwnStatus, TaskAnswer, TaskPage } from '../../schemas/task.js';

/** A task as the API answers it: with the calls of its tools, or as a list shows it. */
export type OwnTask =
  | z.input<typeof TaskAnswer>['task']
  | (z.input<typeof TaskPage>['tasks'][number] & { tool_calls?: undefined });

const STATES: Record<OwnStatus, TaskState> = {
  queued: TaskState.TASK_STATE_SUBMITTED,
  scheduled: TaskState.TASK_STATE_SUBMITTED,
  running: TaskState.TASK_STATE_WORKING,
  awaiting_approval: TaskState.TASK_STATE_INPUT_REQUIRED,
  completed: TaskState.TASK_STATE_COMPLETED,
  failed: TaskState.TASK_STATE_FAILED,
  cancelled: TaskState.TASK_STATE_CANCELED,
  timed_out: TaskState.TASK_STATE_FAILED,
};

/** Our statuses that are a state of A2A; none where nothing here is ever in it. */
export const statusesOf = (state: TaskState): OwnStatus[] =>
  (Object.keys(STATES) as OwnStatus[]).filter((status) => STATES[status] === state);

const ENDED: readonly OwnStatus[] = ['completed', 'failed', 'cancelled', 'timed_out'];
export const hasEnded = ({ status }: OwnTask): boolean => ENDED.includes(status);

/** One that belongs to no session is a conversation of its own. */
const contextOf = ({ session_id, task_id }: OwnTask): string => session_id ?? task_id;

const part = (content: Part['content'], mediaType: string): Part => ({
  ...{ content, mediaType, filename: '', metadata: undefined },
});
const partOf = (value: unknown): Part =>
  typeof value === 'string'
    ? part({ $case: 'text', value }, 'text/plain')
    : part({ $case: 'data', value }, 'application/json');

function messageOf(task: OwnTask, role: Role, name: string, parts: Part[]): Message {
  return {
    ...{
      messageId: `${task.task_id}.${name}`,
      taskId: task.task_id,
      contextId: contextOf(task),
      role,
      parts,
    },
    ...{ metadata: undefined, extensions: [], referenceTaskIds: [] },
  };
}

/** What is to be said of how it is: why it failed, or what a person has to decide. */
function wordsOf(task: OwnTask): Part[] {
  const error = task.result?.error;
  if (error) return [partOf(`${error.category}: ${error.message}`)];
  if (task.status !== 'awaiting_approval') return [];
  const waiting = (task.tool_calls ?? []).filter(({ status }) => status === 'awaiting_approval');
  const calls = waiting.map(({ id, name, arguments: args }) => ({ tool_call_id: id, name, arguments: args }));
  const words = 'A person has to decide: answer this task with `approve`, or `reject` and a reason.';
  return [partOf(words), ...(calls.length > 0 ? [partOf({ tool_calls: calls })] : [])];
}

export function statusOf(task: OwnTask): TaskStatus {
  const words = wordsOf(task);
  return {
    state: STATES[task.status],
    message: words.length > 0 ? messageOf(task, Role.ROLE_AGENT, task.status, words) : undefined,
    timestamp: task.completed_at ?? task.started_at ?? task.created_at,
  };
}

/** What it came to, where it came to something. */
export function artifactsOf({ status, result }: OwnTask): Artifact[] {
  const output = result?.output;
  if (status !== 'completed' || output === null || output === undefined) return [];
  return [
    {
      ...{ artifactId: 'output', name: 'output', description: '', parts: [partOf(output)] },
      ...{ metadata: undefined, extensions: [] },
    },
  ];
}

/** What it was asked. */
function historyOf(task: OwnTask): Message[] {
  const { prompt, method_name: method, input } = task;
  const parts = [
    ...(prompt === null ? [] : [partOf(prompt)]),
    ...(method === null ? [] : [partOf({ method_name: method, input })]),
  ];
  return parts.length > 0 ? [messageOf(task, Role.ROLE_USER, 'asked', parts)] : [];
}

/** A task as A2A shows it: the same one, under the same id. */
export const a2aTask = (task: OwnTask, historyLength?: number | undefined): Task => ({
  id: task.task_id,
  contextId: contextOf(task),
  status: statusOf(task),
  artifacts: artifactsOf(task),
  history: historyLength === 0 ? [] : historyOf(task),
  metadata: { agent_name: task.agent_name, status: task.status },
});

/** What names a task in an update. */
export const aboutTask = (task: OwnTask) => ({ taskId: task.task_id, contextId: contextOf(task) });
