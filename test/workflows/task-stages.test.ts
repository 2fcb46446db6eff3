import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/activity';
import type { StageRef } from '../../src/activities/task/run-stage.js';
import type { Plan } from '../../src/messages/task.js';
import { openTestEngine, type TestEngine } from '../support/engine.js';
import { type Script, scriptedTasks, tool } from '../support/scripted-tasks.js';

let engine: TestEngine;
const running = scriptedTasks(() => engine);
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine.close());

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
