import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/activity';
import {
  type CallRef,
  decided,
  type TaskRef,
  type ToolOutcome,
  taskWorkflowId,
} from '../../src/messages/task.js';
import { openTestEngine, type TestEngine } from '../support/engine.js';
import { type Script, scriptedTasks, tool } from '../support/scripted-tasks.js';
import { until } from '../support/until.js';

let engine: TestEngine;
const running = scriptedTasks(() => engine);
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine.close());

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
