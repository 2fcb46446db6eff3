import type { TaskStatus } from '../schemas/task.js';
import type { Message } from './message.js';

/** What a task came to, as those are told who wait for it. */
export interface EndedTask {
  id: string;
  agentName: string;
  status: TaskStatus;
  output: unknown;
  /** Why it did not come to a result; null where it did. */
  error: string | null;
  durationMs: number;
  metadata: Record<string, unknown>;
}

/** For programs: the body of webhooks, of log lines and of entries of streams. Its keys are a contract. */
export const resultBody = ({
  id,
  agentName,
  status,
  output,
  error,
  durationMs,
  metadata,
}: EndedTask): string =>
  JSON.stringify({
    task_id: id,
    agent_name: agentName,
    success: status === 'completed',
    output,
    error,
    execution_time_ms: durationMs,
    metadata,
  });

const ENDS: Partial<Record<TaskStatus, string>> = {
  failed: 'failed',
  cancelled: 'was cancelled',
  timed_out: 'ran out of time',
};

function outputText(output: unknown): string {
  if (output === null || output === undefined || output === '') return 'Done, without an output.';
  return typeof output === 'string' ? output : JSON.stringify(output, null, 2);
}

/** For people, as JSON: who worked, what came of it, and which task that was. */
export function resultMessage({ id, agentName, status, output, error }: EndedTask): string {
  const end = ENDS[status];
  const message: Message =
    end === undefined
      ? { title: agentName, text: `${outputText(output)}\n\nTask ${id}` }
      : { title: `${agentName}: a task ${end}`, text: `${error ?? 'No reason is known.'}\n\nTask ${id}` };
  return JSON.stringify(message);
}
