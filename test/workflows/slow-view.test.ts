import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { timerWindowId } from '../../src/messages/timer-window.js';
import { openTestEngine, type TestEngine } from '../support/engine.js';

let engine: TestEngine;
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine.close());

/** As when the database hangs: the first view of a window takes longer than its firing, and longer than a task. */
const viewsMs = [4_500];
const activities = {
  fireWindow: () => sleep(300),
  readWindow: async () => {
    await sleep(viewsMs.shift() ?? 0);
    return { counts: {}, next: [] };
  },
};

test('a window whose view is slow ends when it has fired, and writes no more', async () => {
  const window = { orgId: `org-${randomUUID()}`, startsAt: new Date().toISOString() };
  const run = () =>
    engine.client.workflow.execute('timerWindow', {
      workflowId: timerWindowId(window),
      taskQueue: 'timers',
      args: [window],
      // A task that waits for a local activity is renewed after four fifths of this; only then does its workflow hear
      // what has happened meanwhile.
      workflowTaskTimeout: '2s',
      workflowExecutionTimeout: '15s',
    });
  const state = await engine.withWorker({ taskQueue: 'timers', activities }, run);
  expect(state).toMatchObject({ phase: 'done' });
  const { historyLength } = await engine.client.workflow.getHandle(timerWindowId(window)).describe();
  expect(historyLength).toBeLessThan(60);
});
