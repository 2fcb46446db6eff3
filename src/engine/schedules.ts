import {
  type Client,
  isGrpcServiceError,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  ServiceError,
} from '@temporalio/client';
import { priorityKeyOf } from '../domain/task-priority.js';
import { QUEUES } from '../messages/queues.js';
import { MsAgent, MsKind, MsOrg } from '../messages/search-attributes.js';
import {
  type ScheduledTaskRef,
  scheduledTaskPrefix,
  scheduleOf,
  taskIdOf,
  temporalScheduleId,
} from '../messages/task.js';
import type { Overlap } from '../schemas/schedule.js';

/** All that Temporal knows of a schedule. */
export interface TaskCycle extends ScheduledTaskRef {
  agentId: string;
  /** Five fields; or an interval. */
  cron: string | null;
  /** Whole seconds, as is the next. */
  intervalMs: number | null;
  /** Where the interval begins, counted from 1970. */
  offsetMs: number;
  /** As the IANA database names it. */
  timezone: string;
  priority: number;
  overlap: Overlap;
  /** 0: none. */
  jitterMs: number;
  /** Missed while the engine was away: what is older is left out. */
  catchupWindowMs: number;
  endsAt: Date | null;
  isPaused: boolean;
  /** Of its row. */
  revision: number;
}

/** A schedule as Temporal lists it. */
export interface ListedCycle extends ScheduledTaskRef {
  /** Undefined where somebody else has written over it. */
  revision: number | undefined;
}

/** Temporal says that there can be no such schedule: it would refuse it again. */
export class CycleRefused extends Error {
  override readonly name = 'CycleRefused';
}

/** How a schedule stands in Temporal. */
export interface CycleState {
  nextRuns: Date[];
  /** How many runs there were, were left out because another had not ended, and were too old to be caught up. */
  runs: number;
  skipped: number;
  missed: number;
  /** The latest tasks, the newest last. */
  latest: string[];
}

/** Tasks that come again and again, as Temporal keeps them. Each method throws when the engine cannot be reached. */
export interface Schedules {
  /** Makes it so, whether it stands already or not. Throws {@link CycleRefused} where it cannot be. */
  put(cycle: TaskCycle): Promise<void>;
  /** False where there was none. */
  delete(ref: ScheduledTaskRef): Promise<boolean>;
  /** Undefined where there is none, as with the next two, which answer false. */
  describe(ref: ScheduledTaskRef): Promise<CycleState | undefined>;
  trigger(ref: ScheduledTaskRef, overlap: Overlap | undefined): Promise<boolean>;
  backfill(ref: ScheduledTaskRef, span: { from: Date; to: Date; overlap: Overlap }): Promise<boolean>;
  /** All of all organisations, as they stood a moment ago. */
  list(): AsyncIterable<ListedCycle>;
}

const OVERLAPS: Record<Overlap, ScheduleOverlapPolicy> = {
  skip: ScheduleOverlapPolicy.SKIP,
  buffer_one: ScheduleOverlapPolicy.BUFFER_ONE,
  buffer_all: ScheduleOverlapPolicy.BUFFER_ALL,
  cancel_other: ScheduleOverlapPolicy.CANCEL_OTHER,
  allow_all: ScheduleOverlapPolicy.ALLOW_ALL,
};

/** Temporal appends the moment to the id, so that each task has one of its own. */
function actionOf({ orgId, scheduleId, agentId, priority }: TaskCycle) {
  const ref: ScheduledTaskRef = { orgId, scheduleId };
  return {
    type: 'startWorkflow' as const,
    workflowType: 'task',
    workflowId: scheduledTaskPrefix(ref),
    taskQueue: QUEUES.tasks,
    args: [ref],
    workflowTaskTimeout: '5s' as const,
    typedSearchAttributes: [
      { key: MsOrg, value: orgId },
      { key: MsKind, value: 'task' },
      { key: MsAgent, value: agentId },
    ],
    staticSummary: 'A task of an agent, started by its schedule',
    // Taken by the SDK, though its type leaves it out.
    priority: { priorityKey: priorityKeyOf(priority), fairnessKey: orgId },
  };
}

const NOTE = 'Revision ';
const revisionOf = (note: string | undefined) =>
  note?.startsWith(NOTE) ? Number(note.slice(NOTE.length)) : undefined;

function optionsOf(cycle: TaskCycle) {
  const { cron, intervalMs, offsetMs, timezone, jitterMs, endsAt, isPaused, overlap, revision } = cycle;
  return {
    spec: {
      ...(cron === null ? {} : { cronExpressions: [cron] }),
      ...(intervalMs === null ? {} : { intervals: [{ every: intervalMs, offset: offsetMs }] }),
      ...(jitterMs > 0 ? { jitter: jitterMs } : {}),
      // Temporal takes the last moment as one that still counts.
      ...(endsAt ? { endAt: new Date(endsAt.getTime() - 1) } : {}),
      timezone,
    },
    action: actionOf(cycle),
    policies: { overlap: OVERLAPS[overlap], catchupWindow: cycle.catchupWindowMs },
    // Of what is listed, only this tells which revision it is.
    state: { paused: isPaused, note: `${NOTE}${revision}` },
  };
}

function stateOf({ info, raw }: ScheduleDescription): CycleState {
  return {
    nextRuns: info.nextActionTimes,
    runs: info.numActionsTaken,
    // Of those that wait it keeps 1,000, and lets others go.
    skipped: info.numActionsSkippedOverlap + Number(raw.info?.bufferDropped ?? 0),
    missed: info.numActionsMissedCatchupWindow,
    latest: info.recentActions.map(({ action }) => taskIdOf(action.workflow.workflowId)),
  };
}

/** Of gRPC; the native client calls what took too long cancelled. */
const [CANCELLED, INVALID_ARGUMENT, DEADLINE_EXCEEDED] = [1, 3, 4];

const isOverdue = (error: unknown): boolean => {
  const cause = error instanceof ServiceError ? error.cause : undefined;
  return isGrpcServiceError(cause) && (cause.code === CANCELLED || cause.code === DEADLINE_EXCEEDED);
};

function orRefused(error: unknown): never {
  const cause = error instanceof ServiceError ? error.cause : undefined;
  if (isGrpcServiceError(cause) && cause.code === INVALID_ARGUMENT)
    throw new CycleRefused(cause.details, { cause: error });
  throw error;
}

/** About one that is just being deleted Temporal may not answer at all. */
const LOOK_TIMEOUT_MS = 3_000;

export function createSchedules({ schedule }: Pick<Client, 'schedule'>): Schedules {
  const handleOf = (ref: ScheduledTaskRef) => schedule.getHandle(temporalScheduleId(ref));

  /** What `use` answers, or undefined where there is no such schedule. */
  async function ifThere<T>(use: () => Promise<T>): Promise<T | undefined> {
    try {
      return await use();
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return undefined;
      throw error;
    }
  }
  const isThere = async (use: () => Promise<unknown>) =>
    (await ifThere(() => use().then(() => true))) ?? false;

  return {
    async put(cycle) {
      const options = optionsOf(cycle);
      const create = () => schedule.create({ scheduleId: temporalScheduleId(cycle), ...options });
      const update = (error: unknown) => {
        if (!(error instanceof ScheduleAlreadyRunning)) throw error;
        return handleOf(cycle).update(() => options);
      };
      await create().catch(update).catch(orRefused);
    },
    delete: (ref) => isThere(() => handleOf(ref).delete()),
    describe: (ref) =>
      ifThere(async () => {
        const look = () =>
          schedule.withDeadline(Date.now() + LOOK_TIMEOUT_MS, () => handleOf(ref).describe());
        // A question may get lost within a server that has much to do.
        const lookAgain = (error: unknown) => {
          if (isOverdue(error)) return look();
          throw error;
        };
        return stateOf(await look().catch(lookAgain));
      }),
    trigger: (ref, overlap) =>
      isThere(() => handleOf(ref).trigger(overlap === undefined ? undefined : OVERLAPS[overlap])),
    backfill: (ref, { from, to, overlap }) =>
      isThere(() => handleOf(ref).backfill({ start: from, end: to, overlap: OVERLAPS[overlap] })),
    async *list() {
      for await (const { scheduleId, state } of schedule.list()) {
        const ref = scheduleOf(scheduleId);
        if (ref) yield { ...ref, revision: revisionOf(state.note) };
      }
    },
  };
}
