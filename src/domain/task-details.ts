import type { TaskRef, TaskState } from '../messages/task.js';
import { plain } from './plain.js';

/** What a person reads of a task's run in the Temporal Web UI: Markdown. */
export function taskDetails(
  { taskId }: TaskRef,
  { agentName, status, stage, steps, calls }: TaskState,
): string {
  return [
    `Task \`${taskId}\` of **${plain(agentName)}**: ${status}`,
    '',
    `- stage: ${stage ?? 'not begun'}`,
    `- answers of a model so far: ${steps}`,
    ...(calls.length > 0 ? [`- under way: ${calls.join(', ')}`] : []),
  ].join('\n');
}
