import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { QUEUES } from '../messages/queues.js';

const { TASK_QUEUE_TYPE_WORKFLOW } = proto.temporal.api.enums.v1.TaskQueueType;
const TIMEOUT_MS = 2_000;
/** A worker with nothing to do asks again after a minute, and is remembered for some minutes when it has gone. */
const LONGEST_SILENCE_MS = 70_000;
const KEPT_MS = 1_000;

/** Who takes calls of tasks, in all processes. */
export interface TaskWorkers {
  /**
   * How many workers there are for tasks, however busy. One that was killed counts for up to 70 s. Rejects when the engine
   * cannot be reached.
   */
  count(): Promise<number>;
}

export function createTaskWorkers(client: Client, clock: () => number): TaskWorkers {
  let counted: Promise<number> | null = null;
  let keptUntilMs = 0;

  async function count(): Promise<number> {
    const { namespace } = client.options;
    const { pollers } = await client.withDeadline(Date.now() + TIMEOUT_MS, () =>
      client.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: QUEUES.tasks },
        // One that is full asks for no calls, but goes on asking for workflows.
        taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
      }),
    );
    const since = (clock() - LONGEST_SILENCE_MS) / 1_000;
    const asking = (pollers ?? []).filter(
      ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) >= since,
    );
    return new Set(asking.map(({ identity }) => identity)).size;
  }

  return {
    count() {
      if (counted && clock() < keptUntilMs) return counted;
      keptUntilMs = clock() + KEPT_MS;
      counted = count();
      // The next who asks tries again.
      counted.catch(() => {
        counted = null;
      });
      return counted;
    },
  };
}
