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

/** So many activities of one workflow may be open at once without harm. */
const MOST_AT_ONCE = 100;
const LOOK_AGAIN_MS = 2_000;
const LOOK_AGAIN_AT_MOST_MS = 600_000;

/**
 * Runs another agent's task; answers how much time it took, without what it waited for people. Where somebody else runs
 * it already, or its run was ended, its row says what came of it: that is looked at again, ever less often.
 */
async function waitForTask(child: TaskRef, looks: number): Promise<number> {
  try {
    const options = { workflowId: taskWorkflowId(child), args: [child] as [TaskRef] };
    return (await executeChild<typeof task>('task', options))?.usedMs ?? 0;
  } catch (error) {
    if (isCancellation(error)) throw error;
    await sleep(Math.min(LOOK_AGAIN_MS * 2 ** looks, LOOK_AGAIN_AT_MOST_MS));
    return 0;
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
    let looks = 0;
    for (;;) {
      // Somebody may decide before this knows that it has to wait.
      const seen = decisions;
      const outcome = await callTool(limit.leftMs())({ ...ref, place });
      if (outcome.kind === 'made') return;
      if (outcome.kind === 'approval') await waitForDecision(outcome.deadlineMs, seen);
      if (outcome.kind === 'child') {
        const usedMs = await limit.pausedWhile(() =>
          waitForTask({ orgId: ref.orgId, taskId: outcome.taskId }, looks++),
        );
        limit.spend(usedMs);
      }
    }
  }

  /** Answers the place of a call that could not be made. Whoever asked for it decides what follows. */
  const make = ({ kind, place }: CallRef): Promise<string[]> =>
    (kind === 'tool' ? listed(place, () => useTool(place)) : ask(place)).then(
      () => [],
      (error: unknown) => {
        if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
        return [place];
      },
    );

  /** Some at once; answers the places of those that could not be made, when all of them are over. */
  async function makeAll(calls: readonly CallRef[]): Promise<string[]> {
    const failed: string[] = [];
    for (let begun = 0; begun < calls.length; begun += MOST_AT_ONCE)
      failed.push(...(await Promise.all(calls.slice(begun, begun + MOST_AT_ONCE).map(make))).flat());
    return failed;
  }

  return { ask, makeAll };
}
