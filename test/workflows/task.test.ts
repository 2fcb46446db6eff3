import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import type { StageRef } from '../../src/activities/task/run-stage.js';
import { QUEUES } from '../../src/messages/queues.js';
import {
  type CallRef,
  decided,
  type Plan,
  type TaskOutcome,
  type TaskRef,
  type ToolOutcome,
  taskQuery,
  taskWorkflowId,
} from '../../src/messages/task.js';
import { openTestEngine, type TestEngine } from '../support/engine.js';
import { until } from '../support/until.js';

const PLAN: Plan = { agentName: 'tester', leftMs: 20_000, maxAttempts: 4, stages: [], steps: 0 };

let engine: TestEngine;
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine.close());

interface CallOf extends TaskRef {
  place: string;
}

/** What rows would say: a test scripts them. */
interface Script {
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

async function running(script: Script, during: (ran: Ran) => Promise<void>): Promise<void> {
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
  await engine.withWorker({ taskQueue: QUEUES.tasks, activities }, async () => {
    const options = { workflowId: taskWorkflowId(ref), taskQueue: QUEUES.tasks, args: [ref] };
    const handle = await engine.client.workflow.start('task', options);
    await during({ handle, ref, told, outcomes });
    await handle.terminate().catch(() => undefined);
  });
}

const tool = (place: string): CallRef => ({ kind: 'tool', place });

describe('a conversation', () => {
  test('asks, calls the tools that are asked for, and asks again until there is an answer', async () => {
    const asked: Record<string, CallRef[]> = { 'execute.0': [tool('execute.0.0'), tool('execute.0.1')] };
    await running({ model: ({ place }) => asked[place] ?? [] }, async ({ handle, told, outcomes }) => {
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      expect(told[0]).toBe('model execute.0');
      expect(told.slice(1, 3).sort()).toEqual(['tool execute.0.0', 'tool execute.0.1']);
      expect(told.slice(3)).toEqual(['model execute.1']);
      expect(outcomes).toEqual([{ status: 'completed' }]);
    });
  });

  test('of two steps and two tools costs at most 40 events', async () => {
    const asked: Record<string, CallRef[]> = { 'execute.0': [tool('execute.0.0'), tool('execute.0.1')] };
    await running({ model: ({ place }) => asked[place] ?? [] }, async ({ handle }) => {
      await handle.result();
      expect((await handle.describe()).historyLength).toBeLessThanOrEqual(40);
    });
  });

  test('goes on in a new run when its history grows long', async () => {
    const last = 12;
    const tools = (place: string) => Array.from({ length: 60 }, (_, index) => tool(`${place}.${index}`));
    await running(
      { model: ({ place }) => (place === `execute.${last}` ? [] : tools(place)) },
      async ({ handle, told }) => {
        const { runId: first } = await handle.describe();
        await handle.result();
        const calls = told.filter((call) => call.startsWith('model'));
        expect(calls).toEqual(Array.from({ length: last + 1 }, (_, step) => `model execute.${step}`));
        const { runId } = await engine.client.workflow.getHandle(handle.workflowId).describe();
        expect(runId).not.toBe(first);
      },
    );
  });
});

describe('a call of a model', () => {
  test('that fails is made again after one second, two, four, and no more', async () => {
    const at: number[] = [];
    const model = () => {
      at.push(Date.now());
      throw ApplicationFailure.retryable('overloaded', 'model');
    };
    await running({ model }, async ({ handle, outcomes }) => {
      await handle.result();
      const waits = at.slice(1).map((time, index) => Math.floor((time - (at[index] ?? 0)) / 1_000));
      expect(waits).toEqual([1, 2, 4]);
      expect(outcomes).toEqual([{ status: 'failed', error: { category: 'model', message: 'overloaded' } }]);
    });
  });

  test('that cannot succeed is not made again', async () => {
    const model = () => {
      throw ApplicationFailure.nonRetryable('spent', 'budget');
    };
    await running({ model }, async ({ handle, told, outcomes }) => {
      await handle.result();
      expect(told).toEqual(['model execute.0']);
      expect(outcomes).toEqual([{ status: 'failed', error: { category: 'budget', message: 'spent' } }]);
    });
  });
});

describe('the time limit', () => {
  const untilStopped = async () => {
    await Context.current().cancelled;
    return [];
  };

  test('stops a call that is under way', async () => {
    let wasStopped = false;
    const model = async () => {
      const beats = setInterval(() => Context.current().heartbeat(), 200);
      try {
        return await untilStopped();
      } catch (error) {
        wasStopped = true;
        throw error;
      } finally {
        clearInterval(beats);
      }
    };
    await running({ plan: { leftMs: 1_000 }, model }, async ({ handle, outcomes }) => {
      await handle.result();
      await until(() => wasStopped);
      expect(outcomes).toMatchObject([{ status: 'timed_out', error: { category: 'timeout' } }]);
    });
  });

  test('stands still while a person is asked', async () => {
    let isApproved = false;
    const script: Script = {
      plan: { leftMs: 2_000 },
      model: ({ place }) => (place === 'execute.0' ? [tool('execute.0.0')] : []),
      tool: () => (isApproved ? { kind: 'made' } : { kind: 'approval', deadlineMs: 60_000 }),
    };
    await running(script, async ({ handle, outcomes }) => {
      await until(async () => (await handle.query(taskQuery)).status === 'awaiting_approval');
      await delay(2_500);
      isApproved = true;
      await handle.signal(decided);
      await handle.result();
      expect(outcomes).toEqual([{ status: 'completed' }]);
    });
  });
});

test('a call that nobody decides about is looked at again when its deadline has passed', async () => {
  const answers: ToolOutcome[] = [{ kind: 'approval', deadlineMs: 300 }, { kind: 'made' }];
  const script: Script = {
    model: ({ place }) => (place === 'execute.0' ? [tool('execute.0.0')] : []),
    tool: () => answers.shift() ?? { kind: 'made' },
  };
  await running(script, async ({ handle, told }) => {
    await handle.result();
    expect(told.filter((call) => call.startsWith('tool'))).toEqual(['tool execute.0.0', 'tool execute.0.0']);
  });
});

describe("an agent's code", () => {
  const all: Plan['stages'] = [
    'initialize',
    'preprocess',
    'execute',
    'postprocess',
    'success',
    'error',
    'shutdown',
  ];

  test('runs stage by stage, and again after the calls that it waits for', async () => {
    let isMade = false;
    const stage = ({ stage: at }: StageRef) => (at === 'execute' && !isMade ? [tool('execute.0')] : []);
    const script: Script = {
      plan: { stages: all },
      stage,
      tool: () => {
        isMade = true;
        return { kind: 'made' };
      },
    };
    await running(script, async ({ handle, told }) => {
      await handle.result();
      expect(told).toEqual([
        ...['stage initialize', 'stage preprocess', 'stage execute', 'tool execute.0', 'stage execute'],
        ...['stage postprocess', 'stage success', 'stage shutdown'],
      ]);
    });
  });

  test('is told when it failed, and that it is over', async () => {
    const stages: StageRef[] = [];
    const script: Script = {
      plan: { stages: all },
      stage: (at) => {
        stages.push(at);
        if (at.stage === 'preprocess') throw ApplicationFailure.nonRetryable('no such input', 'code');
        return [];
      },
    };
    await running(script, async ({ handle, outcomes }) => {
      await handle.result();
      expect(stages.map(({ stage }) => stage)).toEqual(['initialize', 'preprocess', 'error', 'shutdown']);
      expect(stages[2]?.error).toEqual({ category: 'code', message: 'no such input' });
      expect(outcomes).toMatchObject([{ status: 'failed', error: { category: 'code' } }]);
    });
  });

  test('that fails when all is over changes nothing', async () => {
    const script: Script = {
      plan: { stages: all },
      stage: ({ stage }) => {
        if (stage === 'success') throw ApplicationFailure.nonRetryable('too late', 'code');
        return [];
      },
    };
    await running(script, async ({ handle, outcomes }) => {
      await handle.result();
      expect(outcomes).toEqual([{ status: 'completed' }]);
    });
  });

  test('goes on when a model call of it failed: it decides what follows', async () => {
    let runs = 0;
    const script: Script = {
      plan: { stages: ['execute'] },
      stage: () => (runs++ === 0 ? [{ kind: 'model', place: 'execute.0' }] : []),
      model: () => {
        throw ApplicationFailure.nonRetryable('refused', 'model');
      },
    };
    await running(script, async ({ handle, outcomes }) => {
      await handle.result();
      expect(outcomes).toEqual([{ status: 'completed' }]);
    });
  });
});

test('a cancelled task ends as such, and its call is stopped', async () => {
  const model = async () => {
    const beats = setInterval(() => Context.current().heartbeat(), 200);
    try {
      await Context.current().cancelled;
      return [];
    } finally {
      clearInterval(beats);
    }
  };
  await running({ model }, async ({ handle, told, outcomes }) => {
    await until(() => told.length === 1);
    await handle.cancel();
    await handle.result();
    expect(outcomes).toMatchObject([{ status: 'cancelled' }]);
  });
});

test('one that is cancelled while it waits its turn ends as such', async () => {
  const begin = async (): Promise<never> => {
    throw ApplicationFailure.create({ message: 'its agent is paused', nextRetryDelay: '1h' });
  };
  await running({ begin }, async ({ handle, outcomes }) => {
    await until(async () => (await handle.describe()).raw.pendingActivities?.[0]?.attempt === 2);
    await handle.cancel();
    expect(await handle.result()).toBeNull();
    expect(outcomes).toMatchObject([{ status: 'cancelled' }]);
  });
});

test("another agent's task that a tool started is waited for", async () => {
  const child: TaskRef = { orgId: randomUUID(), taskId: randomUUID() };
  let asked = 0;
  const script: Script = {
    model: ({ taskId, place }) =>
      taskId !== child.taskId && place === 'execute.0' ? [tool('execute.0.0')] : [],
    tool: () => (asked++ === 0 ? { kind: 'child', taskId: child.taskId } : { kind: 'made' }),
  };
  await running(script, async ({ handle, ref, outcomes }) => {
    await handle.result();
    const workflowId = taskWorkflowId({ orgId: ref.orgId, taskId: child.taskId });
    expect((await engine.client.workflow.getHandle(workflowId).describe()).status.name).toBe('COMPLETED');
    expect(outcomes).toHaveLength(2);
  });
});

test('a task without a row, or that ended before it began, does nothing', async () => {
  await running({ plan: null }, async ({ handle, told, outcomes }) => {
    expect(await handle.result()).toBeNull();
    expect([told, outcomes]).toEqual([[], []]);
  });
});

test('a decision that comes before the call is known to wait is not missed', async () => {
  let isApproved = false;
  let decide: (() => Promise<void>) | undefined;
  const script: Script = {
    model: ({ place }) => (place === 'execute.0' ? [tool('execute.0.0')] : []),
    async tool() {
      if (isApproved) return { kind: 'made' };
      isApproved = true;
      await until(() => decide !== undefined);
      await decide?.();
      return { kind: 'approval', deadlineMs: 60_000 };
    },
  };
  await running(script, async ({ handle, outcomes }) => {
    decide = () => handle.signal(decided);
    await handle.result();
    expect(outcomes).toEqual([{ status: 'completed' }]);
  });
});
