import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { IllegalStateError } from '@temporalio/common';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../activities/index.js';
import { applyDeclared } from '../declared/apply-declared.js';
import { ensureHosted } from '../hosted/ensure-hosted.js';
import { startIntake } from '../intake/intake.js';
import { startNatsIntake } from '../intake/nats-intake.js';
import type { Endpoint } from '../messages/endpoint.js';
import { QUEUES, type Queue } from '../messages/queues.js';
import type { Context } from '../process/context.js';
import type { RunningWorkers } from '../process/program.js';
import { workflowBundle } from './bundle.js';
import { deploymentOf, tellUnlessCurrent } from './deployment.js';
import { ensureEventFeed, ensureUpkeep } from './upkeep.js';

/**
 * How many activities run at once: an armed window holds its slot for half a minute or longer, the connection to a
 * broker for as long as it stands.
 */
const ACTIVITY_SLOTS: Record<Exclude<Queue, 'tasks'>, number> = {
  timers: 1_000,
  deliveries: 200,
  // One for each container whose end is waited for.
  agents: 1_000,
  brokers: 1_000,
};

/**
 * Temporal hands a task to whoever has waited longest, and of a process that was stopped it does not know that it is:
 * each call that waits there swallows a task, until its time is over. So few wait while there is little to do.
 */
const POLLS = { type: 'autoscaling', minimum: 1, initial: 1, maximum: 10 } as const;

/** For everything that closes after the workers, where there is so much time. */
const CLOSING_MS = 6_000;
/** For calls that were cancelled, to say so. */
const CANCELLING_MS = 4_000;

/** What does not end in the grace is cancelled and handed back, while there is time to close the rest. */
function timesToStop({ SHUTDOWN_TIMEOUT_SECONDS: seconds }: Context['config']) {
  const limitMs = seconds * 1_000;
  const shutdownForceTime = limitMs - Math.min(CLOSING_MS, limitMs / 4);
  return { shutdownForceTime, shutdownGraceTime: shutdownForceTime - Math.min(CANCELLING_MS, limitMs / 4) };
}

/** What the workers of a process have in common, and what their queues need. */
function createOptions(
  { config, connection, namespace, dataConverter }: Context,
  shared: Pick<WorkerOptions, 'activities' | 'workflowBundle'>,
) {
  // By default two containers may have the same one; whoever counts workers counts these.
  const identity = `${process.pid}@${hostname()}/${randomUUID().slice(0, 8)}`;
  return (taskQueue: Queue): WorkerOptions => ({
    ...{ connection, namespace, dataConverter, identity, taskQueue },
    ...shared,
    ...deploymentOf(config, taskQueue),
    maxConcurrentActivityTaskExecutions:
      taskQueue === QUEUES.tasks ? config.MAX_WORKERS : ACTIVITY_SLOTS[taskQueue],
    activityTaskPollerBehavior: POLLS,
    workflowTaskPollerBehavior: POLLS,
    ...timesToStop(config),
    // After kill -9 of a worker its workflows wait this long for it before another one takes them.
    stickyQueueScheduleToStartTimeout: '2s',
    // An armed window is given up after 5 s of silence; the default would report only every 4 s.
    maxHeartbeatThrottleInterval: '1s',
    // Retrying a workflow task for ever would look alive and never be.
    workflowFailureErrorTypes: { '*': ['Error'] },
  });
}

/** A worker that has drained may find, on a busy machine, that its last heartbeat is not quite over: it has ended all the same. */
async function runToEnd(worker: Worker, log: Context['log']): Promise<void> {
  try {
    await worker.run();
  } catch (error) {
    const hasDrained = error instanceof IllegalStateError && worker.getStatus().numInFlightActivities === 0;
    if (!hasDrained) throw error;
    log.warn({ error }, 'A worker ended while something still held it');
  }
}

/** One worker a task queue, all in this process. They end with `close`, or reject `ended` when one cannot go on. */
export async function startWorkers(context: Context): Promise<RunningWorkers> {
  // Before there is a worker: what fails here leaves nothing that runs.
  await applyDeclared(context);
  await ensureUpkeep(context.client);
  if (context.nats) await ensureEventFeed(context.client, context.config.NATS_ORG);
  await context.scheduling.restore();
  await ensureHosted(context.database.db, context.catalogue, context.vault);
  await tellUnlessCurrent(context.client, context.config, context.log);
  const stopping = new AbortController();
  const { activities, close: closeActivities } = createActivities({ ...context, stopping: stopping.signal });
  const bundle = await workflowBundle(context.config, context.tracing ? [context.tracing.plugin] : []);
  const optionsOf = createOptions(context, { activities, workflowBundle: bundle });
  const workers = await Promise.all(Object.values(QUEUES).map((queue) => Worker.create(optionsOf(queue))));
  const ended = Promise.all(workers.map((worker) => runToEnd(worker, context.log))).then(() => undefined);
  const stopOwning = ownEventDeliveries(context);
  // Last: what they take in needs all of them.
  const intakes = [startIntake(context), startNatsIntake(context)];
  return {
    ended,
    beginShutdown() {
      for (const intake of intakes) intake?.beginShutdown();
      stopping.abort();
    },
    async close() {
      await Promise.all(intakes.map(async (intake) => intake?.close()));
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
      stopOwning();
      await closeActivities();
    },
  };
}

/** Deliveries that events made belong to their receivers' endpoints. What is missed here, the sweep finds. */
function ownEventDeliveries({ database, starter, log }: Context): () => void {
  const own = async (payload: string) => {
    const endpoint: Endpoint = JSON.parse(payload);
    await starter.ensureEndpoint(endpoint);
    starter.wakeEndpoint(endpoint);
  };
  return database.listen('deliveries', (payload) => {
    if (payload === null) return;
    own(payload).catch((error: unknown) => log.warn({ error }, 'An endpoint could not be started'));
  });
}
