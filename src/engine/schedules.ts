import { type Client, ScheduleAlreadyRunning, ScheduleNotFoundError } from '@temporalio/client';
import { priorityKeyOf } from '../domain/task-priority.js';
import { QUEUES } from '../messages/queues.js';
import { MsAgent, MsKind, MsOrg } from '../messages/search-attributes.js';
import { type ScheduledTaskRef, scheduledTaskPrefix, temporalScheduleId } from '../messages/task.js';
import { PRIORITIES } from '../schemas/task.js';

export interface TaskCycle extends ScheduledTaskRef {
  agentId: string;
  /** Five fields. */
  cron: string;
  /** As the IANA database names it. */
  timezone: string;
}

/** Tasks that come again and again, as Temporal keeps them. */
export interface Schedules {
  /** That it stands already is success. Throws when the engine cannot be reached. */
  create(cycle: TaskCycle): Promise<void>;
  /** False where there was none. */
  delete(ref: ScheduledTaskRef): Promise<boolean>;
}

/** Missed while the engine was away: what is older is left out. */
const CATCHUP_WINDOW = '1h';

/** Temporal appends the moment to the id, so that each task has one of its own. */
function actionOf({ orgId, scheduleId, agentId }: TaskCycle) {
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
    priority: { priorityKey: priorityKeyOf(PRIORITIES.LOW), fairnessKey: orgId },
  };
}

export const createSchedules = ({ schedule }: Pick<Client, 'schedule'>): Schedules => ({
  async create(cycle) {
    const action = actionOf(cycle);
    try {
      await schedule.create({
        scheduleId: temporalScheduleId(cycle),
        spec: { cronExpressions: [cycle.cron], timezone: cycle.timezone },
        action,
        policies: { overlap: 'SKIP', catchupWindow: CATCHUP_WINDOW },
      });
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    }
  },

  async delete(ref) {
    try {
      await schedule.getHandle(temporalScheduleId(ref)).delete();
      return true;
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return false;
      throw error;
    }
  },
});
