import { sleep, startChild } from '@temporalio/workflow';
import { priorityKeyOf } from '../domain/task-priority.js';
import type { AgentRef } from '../messages/agent.js';
import type { HandledMail, MailLook } from '../messages/mailbox.js';
import { QUEUES } from '../messages/queues.js';
import { MsAgent, MsKind, MsOrg } from '../messages/search-attributes.js';
import { type TaskInput, taskWorkflowId } from '../messages/task.js';
import type { task } from './task.js';

const LOOK_AGAIN_MS = 2_000;
const LOOK_AGAIN_AT_MOST_MS = 30_000;

const optionsOf = ({ orgId, agentId }: AgentRef, { taskId, priority }: HandledMail, isFirst: boolean) => ({
  workflowId: taskWorkflowId({ orgId, taskId }),
  args: [{ orgId, taskId, isFirst }] as [TaskInput],
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

const pauseMs = (count: number) => Math.min(LOOK_AGAIN_MS * 2 ** count, LOOK_AGAIN_AT_MOST_MS);

/** Which tasks have begun and are wanted still; `begun` are those that runs before this one have begun. */
function createUnderWay(begun: readonly string[]) {
  const running = new Set<string>(begun);
  /** Those of them whose end this run sees. */
  const own = new Set<string>();
  let looks = 0;
  return {
    running,
    own,
    forget(wanted: ReadonlySet<string>): void {
      for (const set of [running, own]) for (const taskId of set) if (!wanted.has(taskId)) set.delete(taskId);
    },
    /** How long to wait for a word of those that others began before a look at their rows, in ms; null: there are none. */
    patienceMs(): number | null {
      looks = running.size > own.size ? looks + 1 : 0;
      return looks === 0 ? null : pauseMs(looks - 1);
    },
  };
}

/**
 * Runs the tasks that handle an agent's messages; `ended` is told of each that this run began and that somebody still
 * waits for. Whoever writes the end of one that a run before this one began says so.
 */
export function createHandling(ref: AgentRef, begun: readonly string[], ended: () => void) {
  const { running, own, forget, patienceMs } = createUnderWay(begun);
  const failures = new Map<string, number>();

  function leave(taskId: string): void {
    running.delete(taskId);
    // One that nobody waits for any more is no reason to look.
    if (own.delete(taskId)) ended();
  }

  /** It was ended from outside: its row says what came of it, which is looked at ever less often. */
  async function retry(taskId: string): Promise<void> {
    const count = failures.get(taskId) ?? 0;
    failures.set(taskId, count + 1);
    await sleep(pauseMs(count));
    leave(taskId);
  }

  /** Fulfilled when it has begun. */
  async function begin(mail: HandledMail, isFirst: boolean): Promise<void> {
    const { taskId } = mail;
    running.add(taskId);
    // One that runs already is somebody else's.
    const child = await startChild<typeof task>('task', optionsOf(ref, mail, isFirst)).catch(() => null);
    if (!child) return;
    own.add(taskId);
    child.result().then(
      () => leave(taskId),
      () => retry(taskId),
    );
  }

  return {
    patienceMs,
    running: () => [...running],
    /** Begins those that do not run, and forgets those that are not wanted any more. */
    async run({ handling: mails, isFirst = false }: Pick<MailLook, 'handling' | 'isFirst'>): Promise<void> {
      const wanted = new Set(mails.map(({ taskId }) => taskId));
      forget(wanted);
      for (const taskId of failures.keys()) if (!wanted.has(taskId)) failures.delete(taskId);
      const begun = mails.filter(({ taskId }) => !running.has(taskId));
      await Promise.all(begun.map((mail) => begin(mail, isFirst)));
    },
  };
}
