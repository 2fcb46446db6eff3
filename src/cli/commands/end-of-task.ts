import type { TaskDetail } from '../../client/index.js';
import { Unsuccessful } from '../failure.js';
import type { Session } from '../session.js';
import { untilEnded, type WaitOptions } from '../wait.js';
import { TASK } from './task-view.js';

const ENDS: TaskDetail['status'][] = ['completed', 'failed', 'cancelled', 'timed_out'];

/** Throws {@link Unsuccessful} where a task did not come to a result. */
export function requireCompleted({ status, result }: TaskDetail): void {
  if (status === 'completed') return;
  const reason = result?.error ? `: ${result.error.message}` : '.';
  throw new Unsuccessful(`The task ended as ${status}${reason}`);
}

/** Waits for the end of a task and prints it. Throws {@link Unsuccessful} where it did not come to a result. */
export async function endOfTask(
  { client, print }: Session,
  first: TaskDetail,
  { timeout }: WaitOptions,
): Promise<void> {
  const task = await untilEnded(print.screen, first, {
    read: (wait) => client.tasks.get(first.task_id, { wait }),
    hasEnded: ({ status }) => ENDS.includes(status),
    describe: ({ task_id: id, agent_name: agent, status }) => `task ${id} (${agent}, ${status})`,
    timeout,
  });
  print.one(TASK, task);
  requireCompleted(task);
}
