import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { SESSION_ACTIVITY_ID } from '../messages/agent.js';
import { QUEUES } from '../messages/queues.js';

/**
 * An armed window heartbeats every second: after 5 s of silence another worker takes it, and tries at once, because
 * its timers are due. It ends by itself some 30 s after its start, later where receivers are slow.
 */
export const { fireWindow } = proxyActivities<Activities>({
  taskQueue: QUEUES.timers,
  startToCloseTimeout: '30m',
  scheduleToCloseTimeout: '7d',
  heartbeatTimeout: '5s',
  retry: { initialInterval: '200ms', backoffCoefficient: 1.5, maximumInterval: '2s' },
});

/** Short statements on rows; idempotent, so an outage of the database is waited out. */
export const { writeTimers, openHour } = proxyActivities<Activities>({
  taskQueue: QUEUES.timers,
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '7d',
  retry: { initialInterval: '500ms', maximumInterval: '10s' },
});

/** For people to see: a look that fails is not worth a second one within the task. */
export const { readWindow } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5s',
  scheduleToCloseTimeout: '1m',
  retry: { initialInterval: '1s' },
});

/** Comes round every 15 s by itself: one failure waits for the next round. */
export const { rearmOverdue } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '1m',
  retry: { initialInterval: '1s', maximumInterval: '10s' },
});

/** Goes on where an attempt before it was; one run of the sweep does not last longer. Silent: its worker is gone. */
export const { restoreOwners } = proxyActivities<Activities>({
  taskQueue: QUEUES.deliveries,
  startToCloseTimeout: '3h',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '500ms', maximumInterval: '10s' },
});

/**
 * Attempts at a receiver, each with its own time limit; the delivery rows say what is done, so a second run only
 * makes what is left. Silent for two heartbeats: its worker is gone.
 */
export const { retryDeliveries } = proxyActivities<Activities>({
  taskQueue: QUEUES.deliveries,
  startToCloseTimeout: '10m',
  scheduleToCloseTimeout: '7d',
  heartbeatTimeout: '12s',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/** Bounded batches; what is left is deleted the next time. */
export const { deleteEnded } = proxyActivities<Activities>({
  taskQueue: QUEUES.deliveries,
  startToCloseTimeout: '30m',
  scheduleToCloseTimeout: '1h',
  heartbeatTimeout: '1m',
  retry: { initialInterval: '10s', maximumAttempts: 5 },
});

/** Statements on an agent's row, and one call that ends its session; idempotent, so an outage is waited out. */
export const { checkAgent, moveAgent, endSession } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '7d',
  retry: { initialInterval: '500ms', maximumInterval: '10s' },
});

/** Statements on an agent's mail; what it finds done it does not do again, so an outage is waited out. */
export const { lookAtMail } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '7d',
  retry: { initialInterval: '500ms', maximumInterval: '10s' },
});

/**
 * Open for as long as the agent is connected. The heartbeats are the agent's own, so silence is an answer and not a
 * reason for another attempt.
 */
export const keepSession = (heartbeatTimeoutMs: number) =>
  proxyActivities<Activities>({
    taskQueue: QUEUES.agents,
    activityId: SESSION_ACTIVITY_ID,
    heartbeatTimeout: heartbeatTimeoutMs,
    startToCloseTimeout: '3650d',
    scheduleToCloseTimeout: '3650d',
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: { maximumAttempts: 1 },
  }).keepSession;

/** One statement; idempotent, so an outage of the database is waited out. */
export const { checkBroker } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '7d',
  retry: { initialInterval: '500ms', maximumInterval: '10s' },
});

/**
 * Each holds a connection to a broker for as long as it stands. One that cannot be opened, or is lost at once, is tried
 * again after 1 s, 2 s, 4 s, … at most 30 s, for as long as there is the broker.
 */
export const { carryMessages, publishEvents } = proxyActivities<Activities>({
  taskQueue: QUEUES.brokers,
  startToCloseTimeout: '3650d',
  scheduleToCloseTimeout: '3650d',
  heartbeatTimeout: '10s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/**
 * A task's first step waits its turn by the priority that the task was started with, for as long as that takes. Started
 * eagerly it would overtake a queue: a slot that was just freed is taken by whoever asks before the next poll.
 */
export const beginTask = (isFirst: boolean) =>
  proxyActivities<Activities>({
    taskQueue: QUEUES.tasks,
    allowEagerDispatch: isFirst,
    startToCloseTimeout: '30s',
    retry: { initialInterval: '50ms', backoffCoefficient: 2, maximumInterval: '5s' },
  }).beginTask;

/** One statement; idempotent, so an outage of the database is waited out. */
export const { enlistTask } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '7d',
  retry: { initialInterval: '500ms', maximumInterval: '10s' },
});

/** Tasks that have begun go before those that have not, so that they end. */
const BEGUN = { priorityKey: 1 };
/** A call heartbeats every 5 s: after two of them its worker is gone. */
const CALL_SILENCE = '12s';
/**
 * At its limit the workflow ends a task, and the end of the task stops what is under way: nobody waits for the next
 * heartbeat. This is for when the workflow cannot.
 */
const SPARE_MS = 5_000;

/** Retried as models are used to: after 1 s, 2 s, 4 s, or when the model says. What cannot succeed is not. */
export const callModel = ({ leftMs, maxAttempts }: { leftMs: number; maxAttempts: number }) =>
  proxyActivities<Activities>({
    taskQueue: QUEUES.tasks,
    startToCloseTimeout: leftMs + SPARE_MS,
    heartbeatTimeout: CALL_SILENCE,
    priority: BEGUN,
    retry: {
      initialInterval: '1s',
      backoffCoefficient: 2,
      maximumInterval: '1m',
      maximumAttempts: maxAttempts,
    },
  }).callModel;

/**
 * A tool that fails is an answer. What is retried is what comes before and after it, and a call whose worker died:
 * its row says whether it may be made again. Not for ever: while a person is asked the time of a task stands still.
 */
export const callTool = (leftMs: number) =>
  proxyActivities<Activities>({
    taskQueue: QUEUES.tasks,
    startToCloseTimeout: leftMs + SPARE_MS,
    heartbeatTimeout: CALL_SILENCE,
    priority: BEGUN,
    retry: { initialInterval: '500ms', maximumInterval: '5s', maximumAttempts: 20 },
  }).callTool;

/** An agent's code between its calls: short, and run again from its record when its worker dies. */
export const runStage = (leftMs: number) =>
  proxyLocalActivities<Activities>({
    startToCloseTimeout: leftMs + SPARE_MS,
    retry: { initialInterval: '500ms', maximumInterval: '5s' },
  }).runStage;

/** One statement; idempotent, so an outage of the database is waited out. */
export const { endTask } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '7d',
  retry: { initialInterval: '500ms', maximumInterval: '10s' },
});

/**
 * A look at an agent: its container may take its 10 s to end. The runtime and the row say what is done, so a second look
 * only does what is left, and an outage is waited out.
 */
export const { superviseAgent } = proxyActivities<Activities>({
  taskQueue: QUEUES.agents,
  startToCloseTimeout: '2m',
  scheduleToCloseTimeout: '7d',
  heartbeatTimeout: '12s',
  retry: { initialInterval: '500ms', maximumInterval: '15s' },
});

/** Waits for as long as a container lives; a worker that died is noticed after three heartbeats, a runtime that is away asked again. */
export const { watchContainer } = proxyActivities<Activities>({
  taskQueue: QUEUES.agents,
  startToCloseTimeout: '3650d',
  scheduleToCloseTimeout: '3650d',
  heartbeatTimeout: '12s',
  retry: { initialInterval: '500ms', maximumInterval: '10s' },
});
