import {
  ActivityFailure,
  condition,
  executeChild,
  isCancellation,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import { type CallRef, decided, type TaskRef, taskWorkflowId } from '../messages/task.js';
import { callModel, callTool } from './proxies.js';
import type { StagesOptions } from './stages.js';
import type { task } from './task.js';

const LOOK_AGAIN = '2s';

/** Runs another agent's task; its row says what came of it, also where somebody else runs it or its run was ended. */
async function waitForTask(child: TaskRef): Promise<void> {
  try {
    await executeChild<typeof task>('task', { workflowId: taskWorkflowId(child), args: [child] });
  } catch (error) {
    if (isCancellation(error)) throw error;
    await sleep(LOOK_AGAIN);
  }
}

/** Makes the calls of a task, each as an activity of its own; their rows hold what of and what came of them. */
export function createCalls({ ref, plan, state, limit }: StagesOptions) {
  let decisions = 0;
  setHandler(decided, () => {
    decisions += 1;
  });

  async function listed<T>(place: string, call: () => Promise<T>): Promise<T> {
    state.calls.push(place);
    try {
      return await call();
    } finally {
      state.calls.splice(state.calls.indexOf(place), 1);
    }
  }

  /** The calls of tools that the model asks for; none when it has answered. */
  const ask = (place: string): Promise<CallRef[]> =>
    listed(place, () =>
      callModel({ leftMs: limit.leftMs(), maxAttempts: plan.maxAttempts })({ ...ref, place }),
    );

  async function waitForDecision(deadlineMs: number, seen: number): Promise<void> {
    state.status = 'awaiting_approval';
    await limit.pausedWhile(() => condition(() => decisions > seen, deadlineMs));
    state.status = 'running';
  }

  async function useTool(place: string): Promise<void> {
    for (;;) {
      // Somebody may decide before this knows that it has to wait.
      const seen = decisions;
      const outcome = await callTool(limit.leftMs())({ ...ref, place });
      if (outcome.kind === 'made') return;
      if (outcome.kind === 'approval') await waitForDecision(outcome.deadlineMs, seen);
      else {
        await waitForTask({ orgId: ref.orgId, taskId: outcome.taskId });
      }
    }
  }

  /** A call that failed says so in its row: whoever asked for it decides what follows. */
  const make = ({ kind, place }: CallRef): Promise<unknown> =>
    (kind === 'tool' ? listed(place, () => useTool(place)) : ask(place)).catch((error: unknown) => {
      if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    });

  return {
    ask,
    /** All at once; returns when all were made. */
    makeAll: (calls: readonly CallRef[]) => Promise.all(calls.map(make)),
  };
}
