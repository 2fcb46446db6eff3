import type { Database } from '../db/database.js';
import { appendEvents, type NewEvent } from '../db/events.js';
import { notify } from '../db/notify.js';
import { endTask, getTask, insertTask, type NewTask, type TaskEnd, type TaskRow } from '../db/tasks.js';
import { endedNotices } from '../domain/ended-notice.js';
import type { Starter } from '../engine/starter.js';
import type { TaskRef } from '../messages/task.js';
import { countTask } from '../metrics.js';
import type { EventType } from '../schemas/event.js';

/** A fact about a task; what was said in it stands in its rows. */
export const taskEvent = (
  task: Pick<TaskRow, 'id' | 'org_id' | 'agent_id' | 'agent_name'>,
  type: EventType,
  data: object,
  at: Date,
): NewEvent => ({
  orgId: task.org_id,
  type,
  subject: task.id,
  data: { agentId: task.agent_id, agentName: task.agent_name, ...data },
  at,
});

/** What becomes of a task that was asked for: its row, new or (same id) as it stood already. */
export interface Submission {
  row: TaskRow;
  wasNew: boolean;
}

/** Everything that makes and ends tasks, whoever asks: the API, a tool, a schedule, the workflow. */
export interface Tasks {
  /**
   * Starts its workflow, then writes the row; both before it answers. The workflow of a part of another task is started
   * by that task's, which waits for it.
   */
  submit(task: NewTask): Promise<Submission>;
  /** Ends a task once; undefined where it had ended before. */
  end(ref: TaskRef, end: TaskEnd): Promise<TaskRow | undefined>;
}

export function createTasks({
  database,
  starter,
}: {
  database: Database;
  starter: Pick<Starter, 'startTask'>;
}): Tasks {
  return {
    async submit(task) {
      const { orgId, id: taskId, priority, agent, createdAt } = task;
      if (!task.parent) await starter.startTask({ orgId, taskId }, { priority, agentId: agent.id });
      const row = await database.db.transaction().execute(async (tx) => {
        const written = await insertTask(tx, task);
        if (written)
          await appendEvents(tx, [
            taskEvent(written, 'task.queued', { priority, method: task.method }, createdAt),
          ]);
        return written;
      });
      if (row) return { row, wasNew: true };
      const standing = await getTask(database.db, orgId, taskId);
      if (!standing) throw new Error(`task ${taskId} is neither new nor there`);
      return { row: standing, wasNew: false };
    },

    async end({ orgId, taskId }, end) {
      const { status, error, at } = end;
      const ended = await database.db.transaction().execute(async (tx) => {
        const row = await endTask(tx, { orgId, id: taskId }, end);
        if (!row) return undefined;
        const data = { status, durationMs: durationOf(row), ...(error ? { category: error.category } : {}) };
        await appendEvents(tx, [taskEvent(row, `task.${status}`, data, at)]);
        for (const notice of endedNotices(orgId, [taskId])) await notify(tx, 'ended', notice);
        return row;
      });
      if (ended) countTask(ended);
      return ended;
    },
  };
}

/** From its start to its end, in ms; null where it has not come to both. */
export const durationOf = ({
  started_at: from,
  completed_at: to,
}: Pick<TaskRow, 'started_at' | 'completed_at'>) =>
  from === null || to === null ? null : Math.max(0, to.getTime() - from.getTime());
