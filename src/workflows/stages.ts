import { continueAsNew, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { taskDetails } from '../domain/task-details.js';
import type { Plan, TaskError, TaskOutcome, TaskRef, TaskState } from '../messages/task.js';
import type { Stage } from '../schemas/task.js';
import { createCalls } from './calls.js';
import { runStage } from './proxies.js';
import type { task } from './task.js';
import type { TimeLimit } from './time-limit.js';

const MOST_EVENTS = 2_000;

export interface StagesOptions {
  ref: TaskRef;
  plan: Plan;
  state: TaskState;
  limit: TimeLimit;
}

export interface Closing {
  /** What became of the task is settled. */
  isClosing?: boolean;
}

/** The stages of a task: where its agent has code, that runs; without code for `execute` a model is asked. */
export function createStages({ ref, plan, state, limit, isClosing = false }: StagesOptions & Closing) {
  const calls = createCalls({ ref, plan, state, limit });

  function enter(stage: Stage): void {
    state.stage = stage;
    setCurrentDetails(taskDetails(ref, state));
  }

  /** What was said and recorded stands in rows: a new run goes on from there. What comes after the end is short. */
  async function continueWhenLong(): Promise<void> {
    if (isClosing) return;
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    if (historyLength <= MOST_EVENTS && !continueAsNewSuggested) return;
    await continueAsNew<typeof task>(ref, { ...plan, leftMs: limit.leftMs(), steps: state.steps });
  }

  /** Runs until it needs calls that were not made yet, and again once they were. */
  async function runCode(stage: Stage, error?: TaskError): Promise<void> {
    if (!plan.stages.includes(stage)) return;
    enter(stage);
    let failed: string[] = [];
    for (;;) {
      const wanted = await runStage(limit.leftMs())({ ...ref, stage, error, failed });
      if (wanted.length === 0) return;
      failed = [...failed, ...(await calls.makeAll(wanted))];
      await continueWhenLong();
    }
  }

  /** Asks the model, calls the tools that it asks for, until it answers. */
  async function converse(): Promise<void> {
    enter('execute');
    for (;;) {
      const wanted = await calls.ask(`execute.${state.steps}`);
      state.steps += 1;
      if (wanted.length === 0) return;
      await calls.makeAll(wanted);
      await continueWhenLong();
    }
  }

  return {
    async perform(): Promise<void> {
      await runCode('initialize');
      await runCode('preprocess');
      await (plan.stages.includes('execute') ? runCode('execute') : converse());
      await runCode('postprocess');
    },
    async close(outcome: TaskOutcome): Promise<void> {
      await (outcome.status === 'completed' ? runCode('success') : runCode('error', outcome.error));
      await runCode('shutdown');
    },
  };
}
