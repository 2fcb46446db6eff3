import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createTaskWorkers } from '../../src/engine/task-workers.js';
import { openTestEngine, type TestEngine, testBundle } from '../support/engine.js';
import { until } from '../support/until.js';

let engine: TestEngine;
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine.close());

/** A worker of a process of its own, as far as the engine sees. */
async function startWorker(identity: string, taskQueue = 'tasks', over: Partial<WorkerOptions> = {}) {
  const connection = await NativeConnection.connect({ address: engine.address });
  const { namespace } = engine;
  const options = { connection, namespace, taskQueue, identity, workflowBundle: testBundle() };
  const worker = await Worker.create({ ...options, ...over });
  const ended = worker.run();
  return async () => {
    worker.shutdown();
    await ended;
    await connection.close();
  };
}

test('all workers that take tasks are counted, each once, and no others, also those that have no slot free', async () => {
  let now = Date.now();
  const workers = createTaskWorkers(engine.client, () => now);
  expect(await workers.count()).toBe(0);
  const stops = await Promise.all([
    startWorker('1@one'),
    startWorker('1@two', 'tasks', { activities: { nothing: async () => undefined } }),
    startWorker('1@three', 'timers'),
  ]);
  await until(async () => {
    now += 1_001;
    return (await workers.count()) === 2;
  });
  await delay(500);
  now += 1_001;
  expect(await workers.count()).toBe(2);
  now += 120_000;
  expect(await workers.count()).toBe(0);
  await Promise.all(stops.map((stop) => stop()));
});
