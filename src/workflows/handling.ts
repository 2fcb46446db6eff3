import { sleep, startChild } from '@temporalio/workflow';
import { priorityKeyOf } from '../domain/task-priority.js';
import type { AgentRef } from '../messages/agent.js';
import type { HandledMail } from '../messages/mailbox.js';
import { QUEUES } from '../messages/queues.js';
import { MsAgent, MsKind, MsOrg } from '../messages/search-attributes.js';
import { type TaskRef, taskWorkflowId } from '../messages/task.js';
import type { task } from './task.js';

const LOOK_AGAIN_MS = 2_000;
const LOOK_AGAIN_AT_MOST_MS = 30_000;

const optionsOf = ({ orgId, agentId }: AgentRef, { taskId, priority }: HandledMail) => ({
  workflowId: taskWorkflowId({ orgId, taskId }),
  args: [{ orgId, taskId }] as [TaskRef],
  taskQueue: QUEUES.tasks,
  workflowTaskTimeout: '5s' as const,
  priority: { priorityKey: priorityKeyOf(priority), fairnessKey: orgId },
  typedSearchAttributes: [
    { key: MsOrg, value: orgId },
    { key: MsKind, value: 'task' },
    { key: MsAgent, value: agentId },
  ],
  staticSummary: 'A task that handles a message',
  // Its row says whether somebody still wants it, not the run that started it.
  parentClosePolicy: 'ABANDON' as const,
  cancellationType: 'ABANDON' as const,
});

/** Runs the tasks that handle an agent's messages; `ended` is told of each that this run has nothing to do with any more. */
export function createHandling(ref: AgentRef, ended: () => void) {
  const running = new Set<string>();
  const looks = new Map<string, number>();

  /** Somebody else runs it, or it was ended from outside: its row says what came of it, which is looked at ever less often. */
  async function pause(taskId: string): Promise<void> {
    const count = looks.get(taskId) ?? 0;
    looks.set(taskId, count + 1);
    await sleep(Math.min(LOOK_AGAIN_MS * 2 ** count, LOOK_AGAIN_AT_MOST_MS));
  }

  const leave = (taskId: string) => {
    running.delete(taskId);
    ended();
  };

  /** Fulfilled when it has begun; its end is told later. */
  async function begin(mail: HandledMail): Promise<void> {
    running.add(mail.taskId);
    const child = await startChild<typeof task>('task', optionsOf(ref, mail)).catch(() => null);
    (child ? child.result().then(() => looks.delete(mail.taskId)) : Promise.reject())
      .catch(() => pause(mail.taskId))
      .then(
        () => leave(mail.taskId),
        () => leave(mail.taskId),
      );
  }

  return {
    running: () => [...running],
    /** Begins those that do not run. */
    async run(mails: readonly HandledMail[]): Promise<void> {
      await Promise.all(mails.filter(({ taskId }) => !running.has(taskId)).map(begin));
    },
  };
}
