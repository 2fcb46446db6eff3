import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { Log } from '../../src/log.js';
import { QUEUES } from '../../src/messages/queues.js';
import { taskWorkflowId } from '../../src/messages/task.js';
import type { Context } from '../../src/process/context.js';
import type { RunningWorkers } from '../../src/process/program.js';
import { deploymentOf } from '../../src/worker/deployment.js';
import { startWorkers } from '../../src/worker/start.js';
import { DEMO_KEY, openTestContext } from '../support/api.js';
import { openTestEngine, testBundle } from '../support/engine.js';
import { keepLog } from '../support/kept-log.js';
import { callsTo, eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';
import { openReceiver, type Receiver } from '../support/receiver.js';

const LIMIT_MS = 120_000;
const [PINNED, AUTO_UPGRADE] = [1, 2];
const NAME = 'mainspring-test';
const buildOf = (id: string) => ({ WORKER_DEPLOYMENT_NAME: NAME, WORKER_BUILD_ID: id });

/** What `temporal worker deployment set-current-version` does, once the server has heard of its workers. */
async function makeCurrent({ workflowService, options }: Client, buildId: string): Promise<void> {
  const wish = { namespace: options.namespace, deploymentName: NAME, buildId, version: `${NAME}.${buildId}` };
  await eventually(
    () =>
      workflowService.setWorkerDeploymentCurrentVersion(wish).then(
        () => true,
        () => false,
      ),
    (isCurrent) => isCurrent,
  );
}

async function versionOf(client: Client, workflowId: string) {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const { deploymentVersion, version, behavior } = raw.workflowExecutionInfo?.versioningInfo ?? {};
  return { build: deploymentVersion?.buildId ?? version?.split('.').at(-1), behavior };
}

test(
  'a task stays with the workers of the release that began it',
  async () => {
    const engine = await openTestEngine();
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const asked: string[] = [];
    const workerOf = (build: string) =>
      Worker.create({
        ...{ connection: engine.connection, namespace: engine.namespace, taskQueue: QUEUES.tasks },
        ...{ workflowBundle: testBundle(), shutdownForceTime: '5s', ...deploymentOf(buildOf(build)) },
        activities: {
          beginTask: async () => ({ agentName: 'a', leftMs: 60_000, maxAttempts: 4, stages: [], steps: 0 }),
          callModel: async ({ place }: { place: string }) => {
            asked.push(`${build} ${place}`);
            if (asked.length === 1) await gate;
            return asked.length === 1 ? [{ kind: 'tool', place: 'execute.0.0' }] : [];
          },
          callTool: async () => ({ kind: 'made' }),
          endTask: async () => asked.push(`${build} end`),
        },
      });
    const [older, newer] = await Promise.all([workerOf('a'), workerOf('b')]);
    const ends = [older.run(), newer.run()];
    await makeCurrent(engine.client, 'a');
    const ref = { orgId: randomUUID(), taskId: randomUUID() };
    const workflowId = taskWorkflowId(ref);
    const handle = await engine.client.workflow.start('task', {
      ...{ workflowId, taskQueue: QUEUES.tasks, args: [ref] },
    });
    await eventually(
      () => asked.length,
      (count) => count === 1,
    );
    await makeCurrent(engine.client, 'b');
    release();
    await handle.result();
    expect(asked).toEqual(['a execute.0', 'a execute.1', 'a end']);
    expect(await versionOf(engine.client, workflowId)).toEqual({ build: 'a', behavior: PINNED });
    for (const worker of [older, newer]) worker.shutdown();
    await Promise.all(ends);
    await engine.close();
  },
  LIMIT_MS,
);

/** Workers of a release beside those that run. */
async function startRelease(mainspring: TestMainspring, build: string, namespace: string, log: Log) {
  const env = { TEMPORAL_NAMESPACE: namespace, ...buildOf(build) };
  const context: Context = await openTestContext({ env, database: mainspring.database, log });
  const workers: RunningWorkers = await startWorkers(context);
  return async () => {
    workers.beginShutdown();
    await workers.close();
    context.starter.close();
    await context.connection.close();
  };
}

test(
  'timers go on across a change of releases, each once, and what lives long moves to the new one',
  async () => {
    const receiver: Receiver = await openReceiver();
    const { log, lines } = keepLog();
    const mainspring = await startMainspring({ env: buildOf('a'), log });
    const warned = () => lines.filter((line) => line.includes('set-current-version')).length;
    expect(warned()).toBe(1);
    const { client, workflows } = mainspring;
    const namespace = client.options.namespace;
    const timer = (seconds: number) =>
      mainspring.createTimer({ duration: `${seconds}s`, ...callsTo(receiver.url) });
    await makeCurrent(client, 'a');
    const first = await timer(1);
    expect((await mainspring.getTimer(first.id, '30s')).status).toBe('fired');
    expect(await versionOf(client, 'sweep')).toEqual({ build: 'a', behavior: AUTO_UPGRADE });

    const acrossTheChange = await Promise.all([3, 5, 7, 24].map(timer));
    const stop = await startRelease(mainspring, 'b', namespace, log);
    expect(warned()).toBe(1);
    await makeCurrent(client, 'b');
    const later = await Promise.all([1, 28].map(timer));
    const ids = [first, ...acrossTheChange, ...later].map(({ id }) => id);
    for (const id of ids) {
      const ended = await eventually(
        () => mainspring.getTimer(id, '60s'),
        ({ status }) => status === 'fired',
      );
      expect(ended.lateness ?? 0).toBeLessThan(5_000);
    }
    const called = receiver.received.map(({ body }) => JSON.parse(body).timer_id);
    expect(called.sort()).toEqual([...ids].sort());
    await eventually(
      () => versionOf(client, 'sweep'),
      ({ build }) => build === 'b',
    );
    const windows = workflows.list({ query: "WorkflowType = 'timerWindow'" });
    const builds = new Set<string | undefined>();
    for await (const { workflowId } of windows) builds.add((await versionOf(client, workflowId)).build);
    expect(builds).toContain('b');
    expect((await mainspring.send('/status', { key: DEMO_KEY })).json()).toMatchObject({ running: true });
    await stop();
    await mainspring.close();
    await receiver.close();
  },
  LIMIT_MS,
);
