import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { WINDOW_MS, windowOf } from '../../src/domain/owner.js';
import type { Log } from '../../src/log.js';
import { QUEUES } from '../../src/messages/queues.js';
import { taskWorkflowId } from '../../src/messages/task.js';
import type { Context } from '../../src/process/context.js';
import type { RunningWorkers } from '../../src/process/program.js';
import type { Timer } from '../../src/schemas/timer.js';
import { deploymentOf } from '../../src/worker/deployment.js';
import { startWorkers } from '../../src/worker/start.js';
import { DEMO_KEY, openTestContext } from '../support/api.js';
import { openTestEngine, type TestEngine, testBundle } from '../support/engine.js';
import { keepLog } from '../support/kept-log.js';
import { callsTo, eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';
import { openReceiver, type Receiver } from '../support/receiver.js';

const LIMIT_MS = 60_000;
/** A change of releases takes less, and windows are armed 4 s before they begin. */
const CHANGE_MS = 8_000;
const [PINNED, AUTO_UPGRADE] = [1, 2];
const NAME = 'mainspring-test';
/** Of no deployment. */
const UNVERSIONED = '';
const buildOf = (id: string) => ({ WORKER_DEPLOYMENT_NAME: NAME, WORKER_BUILD_ID: id });

/** What `temporal worker deployment set-current-version` does, once the server has heard of its workers. */
async function makeCurrent({ workflowService, options }: Client, buildId: string): Promise<void> {
  const version = buildId === UNVERSIONED ? '__unversioned__' : `${NAME}.${buildId}`;
  const wish = { namespace: options.namespace, deploymentName: NAME, buildId, version };
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

/** A worker of a task whose first call waits for `gate`; `asked` is told who made which call. */
function taskWorker(
  { connection, namespace }: TestEngine,
  build: string,
  asked: string[],
  gate: Promise<void>,
) {
  return Worker.create({
    ...{ connection, namespace, taskQueue: QUEUES.tasks, workflowBundle: testBundle() },
    ...(build === UNVERSIONED ? {} : deploymentOf(buildOf(build), QUEUES.tasks)),
    shutdownForceTime: '5s',
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
}

/**
 * A task that `older` workers begin, and that is still under way when `newer` ones become current; answers who made which
 * call, and whose it is at its end.
 */
async function acrossReleases(
  [older, newer]: [string, string],
  meanwhile: (client: Client, workflowId: string) => Promise<unknown> = async () => undefined,
) {
  const engine = await openTestEngine();
  const { client } = engine;
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const asked: string[] = [];
  const first = await taskWorker(engine, older, asked, gate);
  const ends = [first.run()];
  if (older !== UNVERSIONED) await makeCurrent(client, older);
  const ref = { orgId: randomUUID(), taskId: randomUUID() };
  const workflowId = taskWorkflowId(ref);
  const start = { workflowId, taskQueue: QUEUES.tasks, args: [ref] };
  const handle = await client.workflow.start('task', start);
  await eventually(
    () => asked.length,
    (count) => count === 1,
  );
  const second = await taskWorker(engine, newer, asked, gate);
  ends.push(second.run());
  await makeCurrent(client, newer);
  await meanwhile(client, workflowId);
  release();
  await handle.result();
  const version = await versionOf(client, workflowId);
  for (const worker of [first, second]) worker.shutdown();
  await Promise.all(ends);
  await engine.close();
  return { asked, version };
}

test.concurrent(
  'a task stays with the workers of the release that began it',
  async () => {
    expect(await acrossReleases(['a', 'b'])).toEqual({
      asked: ['a execute.0', 'a execute.1', 'a end'],
      version: { build: 'a', behavior: PINNED },
    });
  },
  LIMIT_MS,
);

test.concurrent(
  'a task that workers of no deployment began stays with the release that takes it over',
  async () => {
    expect(await acrossReleases([UNVERSIONED, 'a'])).toEqual({
      asked: [' execute.0', 'a execute.1', 'a end'],
      version: { build: 'a', behavior: PINNED },
    });
  },
  LIMIT_MS,
);

/** What `temporal workflow update-options --versioning-override-behavior auto_upgrade` does. */
const move = ({ workflowService, options: { namespace } }: Client, workflowId: string) =>
  workflowService.updateWorkflowExecutionOptions({
    ...{ namespace, workflowExecution: { workflowId } },
    workflowExecutionOptions: { versioningOverride: { autoUpgrade: true, behavior: AUTO_UPGRADE } },
    updateMask: { paths: ['versioning_override'] },
  });

test.concurrent(
  'a task that is moved goes on, with workers of no deployment as well',
  async () => {
    const { asked } = await acrossReleases(['a', UNVERSIONED], move);
    expect(asked).toEqual(['a execute.0', ' execute.1', ' end']);
  },
  LIMIT_MS,
);

/** When the next window begins that will be armed only after releases have changed: seconds from now. */
const secondsToNextWindow = (): number => {
  const now = Date.now();
  const nextMs = windowOf(new Date(now + CHANGE_MS)).getTime() + WINDOW_MS;
  return Math.ceil((nextMs - now) / 1_000);
};

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

test.concurrent(
  'timers go on across a change of releases, each once, and what lives long moves to the new one',
  async () => {
    const receiver: Receiver = await openReceiver();
    const { log, lines } = keepLog();
    const mainspring = await startMainspring({ env: buildOf('a'), log });
    const warned = () => lines.filter((line) => line.includes('set-current-version')).length;
    expect(warned()).toBe(1);
    const { client, starter } = mainspring;
    const namespace = client.options.namespace;
    const timer = (seconds: number) =>
      mainspring.createTimer({ duration: `${seconds}s`, ...callsTo(receiver.url) });
    const windowVersion = ({ fireAt }: Timer) =>
      versionOf(client, starter.runOf('demo', new Date(fireAt)).workflowId);
    await makeCurrent(client, 'a');
    const first = await timer(1);
    expect((await mainspring.getTimer(first.id, '30s')).status).toBe('fired');
    const isOf = (build: string) => (version: Awaited<ReturnType<typeof versionOf>>) =>
      version.build === build && version.behavior === AUTO_UPGRADE;
    await eventually(() => versionOf(client, 'sweep'), isOf('a'));
    const acrossTheChange = await Promise.all([3, 5, secondsToNextWindow()].map(timer));
    const last = acrossTheChange.at(-1) ?? first;
    await eventually(() => windowVersion(last), isOf('a'));
    const stop = await startRelease(mainspring, 'b', namespace, log);
    expect(warned()).toBe(1);
    await makeCurrent(client, 'b');
    const [later, far] = [await timer(1), await timer(3_000)];
    const ids = [first, ...acrossTheChange, later].map(({ id }) => id);
    for (const id of ids) {
      const ended = await eventually(
        () => mainspring.getTimer(id, '60s'),
        ({ status }) => status === 'fired',
      );
      expect(ended.lateness ?? 0).toBeLessThan(5_000);
    }
    const called = receiver.received.map(({ body }) => JSON.parse(body).timer_id);
    expect(called.sort()).toEqual([...ids].sort());
    for (const moved of [
      () => versionOf(client, 'sweep'),
      () => windowVersion(last),
      () => windowVersion(far),
    ]) {
      await eventually(moved, isOf('b'));
    }
    expect((await mainspring.send('/status', { key: DEMO_KEY })).json()).toMatchObject({ running: true });
    await stop();
    await mainspring.close();
    await receiver.close();
  },
  LIMIT_MS,
);
