import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { decided, taskQuery } from '../../src/messages/task.js';
import { openTestEngine, type TestEngine } from '../support/engine.js';
import { type Script, scriptedTasks, tool } from '../support/scripted-tasks.js';
import { until } from '../support/until.js';

let engine: TestEngine;
const running = scriptedTasks(() => engine);
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine.close());

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

test('a task without a row, or that ended before it began, does nothing', async () => {
  await running({ plan: null }, async ({ handle, told, outcomes }) => {
    expect(await handle.result()).toBeNull();
    expect([told, outcomes]).toEqual([[], []]);
  });
});
