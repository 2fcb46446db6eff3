import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { MainspringClient, type ServiceStatus } from '../../src/client/index.js';
import { openTestEngine, type TestEngine, testBundle } from '../support/engine.js';
import { startTaskApi, type TaskApi } from '../support/task-api.js';
import { aTask } from '../support/tasks.js';
import { until } from '../support/until.js';

let engine: TestEngine;
let api: TaskApi;
let org: CreatedOrg;
let other: CreatedOrg;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  engine = await openTestEngine();
  api = await startTaskApi({ MAX_WORKERS: '4', TEMPORAL_NAMESPACE: engine.namespace });
  [org, other] = [await api.org(), await api.org()];
});
afterAll(async () => {
  for (const stop of stops) await stop();
  await api.close();
  await engine.close();
});

/** A worker of a process of its own, as far as the engine sees; it takes nothing of what tests begin. */
async function startWorker(identity: string): Promise<void> {
  const connection = await NativeConnection.connect({ address: engine.address });
  const { namespace } = engine;
  const options = { connection, namespace, identity, workflowBundle: testBundle() };
  const worker = await Worker.create({ ...options, taskQueue: 'tasks' });
  const ended = worker.run();
  stops.push(async () => {
    worker.shutdown();
    await ended;
    await connection.close();
  });
}

const clientOf = ({ key }: CreatedOrg) => new MainspringClient({ baseUrl: api.url, apiKey: key });
const statusOf = (whose: CreatedOrg) => clientOf(whose).getStatus();

async function submit(whose: CreatedOrg, over: object = {}): Promise<{ org_id: string; id: string }> {
  const task = { agent_name: 'Surveyor', method_name: 'survey', input: { category: 'x' }, ...over };
  return { org_id: whose.orgId, id: await clientOf(whose).submitTask(task) };
}

test('the status is that of one organisation, but for the slots of all workers', async () => {
  for (const whose of [org, other]) await api.surveyor(whose, { name: 'Surveyor' });
  const nothing = {
    running: false,
    queue_size: 0,
    active_workers: 0,
    available_slots: 0,
    heartbeats: 0,
    queue_by_priority: {},
  };
  expect(await statusOf(org)).toEqual(nothing);

  await startWorker('1@one');
  await startWorker('1@two');
  let status: ServiceStatus | undefined;
  await until(async () => {
    status = await statusOf(org);
    return status.available_slots === 8;
  });
  expect(status).toEqual({ ...nothing, running: true, available_slots: 8 });

  const begun = [await submit(org), await submit(org), await submit(other)];
  for (const task of begun) await api.begin(task);
  for (let i = 0; i < 3; i++) await submit(org);
  await submit(org, { scheduled_at: new Date(Date.now() + 3_600_000).toISOString() });
  const figures = { running: true, available_slots: 5 };
  expect(await statusOf(org)).toEqual({
    ...figures,
    ...{ queue_size: 3, queue_by_priority: { 5: 3 }, active_workers: 2, heartbeats: 0 },
  });
  expect(await statusOf(other)).toEqual({
    ...figures,
    ...{ queue_size: 0, queue_by_priority: {}, active_workers: 1, heartbeats: 0 },
  });
});

test('a task that waits for a part of itself occupies no slot, its part does', async () => {
  const before = (await statusOf(org)).available_slots;
  const parent = await api.begin(await submit(org));
  expect((await statusOf(org)).available_slots).toBe(before - 1);
  const agent = await api.surveyor(org, { name: 'Helper' });
  const part = await aTask(api.database, agent, {
    parent,
  });
  expect((await statusOf(org)).available_slots).toBe(before);
  await api.begin(part);
  expect((await statusOf(org)).available_slots).toBe(before - 1);
  const end = { status: 'completed' as const, output: null, error: null, at: new Date() };
  await api.tasks.end({ orgId: org.orgId, taskId: part.id }, end);
  expect((await statusOf(org)).available_slots).toBe(before - 1);
  await api.tasks.end({ orgId: org.orgId, taskId: parent.id }, end);
  expect((await statusOf(org)).available_slots).toBe(before);
});

test('schedules count while they are enabled', async () => {
  const schedule = {
    agent_name: 'Surveyor',
    interval_seconds: 86_400,
    method_name: 'survey',
    input: { category: 'x' },
  };
  for (const enabled of [true, true, false]) {
    const made = await api.send('/schedules', { key: org.key, body: { ...schedule, enabled } });
    expect(made.status).toBe(201);
  }
  expect([(await statusOf(org)).heartbeats, (await statusOf(other)).heartbeats]).toEqual([2, 0]);
});

test('no more slots are told of than there are', async () => {
  for (let i = 0; i < 8; i++) await api.begin(await submit(org));
  expect((await statusOf(org)).available_slots).toBe(0);
});

test('a wait for a result ends with nothing when its time is up', async () => {
  const task = { agent_name: 'Surveyor', method_name: 'survey', input: { category: 'x' } };
  const begunAt = Date.now();
  expect(await clientOf(org).submitAndWait(task, { timeoutSeconds: 0.5 })).toBeNull();
  expect(Date.now() - begunAt).toBeGreaterThanOrEqual(500);
});
