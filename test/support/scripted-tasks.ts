import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type { StageRef } from '../../src/activities/task/run-stage.js';
import { QUEUES } from '../../src/messages/queues.js';
import {
  type CallRef,
  type Plan,
  type TaskOutcome,
  type TaskRef,
  type ToolOutcome,
  taskWorkflowId,
} from '../../src/messages/task.js';
import type { TestEngine } from './engine.js';

const PLAN: Plan = { agentName: 'tester', leftMs: 20_000, maxAttempts: 4, stages: [], steps: 0 };

interface CallOf extends TaskRef {
  place: string;
}

/** What rows would say: a test scripts them. */
export interface Script {
  plan?: Partial<Plan> | null;
  begin?: () => Promise<Plan | null>;
  model?: (call: CallOf) => Promise<CallRef[]> | CallRef[];
  tool?: (call: CallOf) => Promise<ToolOutcome> | ToolOutcome;
  stage?: (stage: StageRef) => CallRef[];
}

interface Ran {
  handle: WorkflowHandle;
  ref: TaskRef;
  /** What was called, in order: `model execute.0`. */
  told: string[];
  outcomes: TaskOutcome[];
}

/** Runs tasks on the engine that is there when one is run. */
export const scriptedTasks =
  (engine: () => TestEngine) =>
  async (script: Script, during: (ran: Ran) => Promise<void>): Promise<void> => {
    const ref: TaskRef = { orgId: randomUUID(), taskId: randomUUID() };
    const told: string[] = [];
    const outcomes: TaskOutcome[] = [];
    const activities = {
      beginTask: async () => script.begin?.() ?? (script.plan === null ? null : { ...PLAN, ...script.plan }),
      callModel: async (call: CallOf) => {
        told.push(`model ${call.place}`);
        return script.model?.(call) ?? [];
      },
      callTool: async (call: CallOf) => {
        told.push(`tool ${call.place}`);
        return script.tool?.(call) ?? { kind: 'made' };
      },
      runStage: async (stage: StageRef) => {
        told.push(`stage ${stage.stage}`);
        return script.stage?.(stage) ?? [];
      },
      endTask: async ({ outcome }: { outcome: TaskOutcome }) => void outcomes.push(outcome),
    };
    await engine().withWorker({ taskQueue: QUEUES.tasks, activities }, async () => {
      const options = { workflowId: taskWorkflowId(ref), taskQueue: QUEUES.tasks, args: [ref] };
      const handle = await engine().client.workflow.start('task', options);
      await during({ handle, ref, told, outcomes });
      await handle.terminate().catch(() => undefined);
    });
  };

export const tool = (place: string): CallRef => ({ kind: 'tool', place });
