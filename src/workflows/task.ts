import {
  CancellationScope,
  ContinueAsNew,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { outcomeOf } from '../domain/task-outcome.js';
import {
  type Plan,
  type ScheduledTaskRef,
  type TaskInput,
  type TaskOutcome,
  type TaskRef,
  type TaskRun,
  type TaskState,
  taskIdOf,
  taskQuery,
} from '../messages/task.js';
import { beginTask, endTask, enlistTask } from './proxies.js';
import { createStages } from './stages.js';
import { createTimeLimit, TimeIsOver } from './time-limit.js';

/** An agent's code that is told of the end of a task has this time. */
const CLOSING_MS = 30_000;

/** Null where there is nothing to do: it ended before, was never acknowledged, or is cancelled while it waits. */
async function begin(ref: TaskRef, isFirst: boolean): Promise<Plan | null> {
  try {
    return await beginTask(isFirst)(ref);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    // Otherwise its row would wait, and the sweep start it anew.
    await CancellationScope.nonCancellable(() => endTask({ ...ref, outcome: outcomeOf(error, false) }));
    return null;
  }
}

/**
 * One task of an agent. Its row is the truth: what was said, what calls came to. Every call of a model or a tool is an
 * activity of its own, so that one whose answer was recorded is never made again.
 */
export async function task(input: TaskInput | ScheduledTaskRef, resumed?: Plan): Promise<TaskRun | null> {
  const taskId = 'taskId' in input ? input.taskId : taskIdOf(workflowInfo().workflowId);
  const ref: TaskRef = { orgId: input.orgId, taskId };
  const state: TaskState = { agentName: '', status: 'queued', stage: null, calls: [], steps: 0 };
  setHandler(taskQuery, () => state);
  if ('scheduleId' in input && !resumed && !(await enlistTask({ ...input, ...ref }))) return null;
  const plan = resumed ?? (await begin(ref, 'isFirst' in input && input.isFirst === true));
  if (plan === null) return null;

  Object.assign(state, { agentName: plan.agentName, status: 'running', steps: plan.steps });
  const limit = createTimeLimit(plan.leftMs);
  const outcome = await limit
    .within(() => createStages({ ref, plan, state, limit }).perform())
    .then(
      (): TaskOutcome => ({ status: 'completed' }),
      (error: unknown) => {
        if (error instanceof ContinueAsNew) throw error;
        return outcomeOf(error, error instanceof TimeIsOver);
      },
    );
  state.status = outcome.status;
  await CancellationScope.nonCancellable(async () => {
    const closing = createTimeLimit(CLOSING_MS);
    const stages = createStages({ ref, plan, state, limit: closing, isClosing: true });
    // What became of the task is settled; the log tells of code that fails after it.
    await closing.within(() => stages.close(outcome)).catch(() => undefined);
    await endTask({ ...ref, outcome });
  });
  return { ...outcome, usedMs: plan.leftMs - limit.leftMs() };
}
