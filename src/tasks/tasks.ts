import type { Database, Db } from '../db/database.js';
import { appendEvents, type NewEvent } from '../db/events.js';
import { notify } from '../db/notify.js';
import {
  endDescendants,
  endTask,
  endUnmadeCalls,
  getTask,
  insertTask,
  type NewTask,
  type TaskEnd,
  type TaskRow,
} from '../db/tasks.js';
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

export interface TaskEnding extends TaskEnd {
  /** What is written together with the end. */
  within?: (tx: Db, row: TaskRow) => Promise<void>;
}

/** Everything that makes and ends tasks, whoever asks: the API, a tool, a schedule, the workflow. */
export interface Tasks {
  /**
   * Starts its workflow, then writes the row; both before it answers. The workflow of a part of another task is started
   * by that task's, which waits for it.
   */
  submit(task: NewTask): Promise<Submission>;
  /** Ends a task once, with all that is a part of it; undefined where it had ended before. */
  end(ref: TaskRef, end: TaskEnding): Promise<TaskRow | undefined>;
}

export function createTasks({
  database,
  starter,
}: {
  database: Database;
  starter: Pick<Starter, 'startTask' | 'tryCancelTask'>;
}): Tasks {
  return {
    async submit(task) {
      const { orgId, id: taskId, priority, agent, createdAt } = task;
      const startsAt = task.scheduledAt ?? undefined;
      if (!task.parent) await starter.startTask({ orgId, taskId }, { priority, agentId: agent.id, startsAt });
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

    async end(ref, { within, ...end }) {
      const { orgId, taskId: id } = ref;
      const { at } = end;
      const ended = await database.db.transaction().execute(async (tx) => {
        const row = await endTask(tx, { orgId, id }, end);
        if (!row) return [];
        await within?.(tx, row);
        const rows = [row, ...(await endDescendants(tx, row, at))];
        const ids = rows.map((one) => one.id);
        await endUnmadeCalls(tx, orgId, ids);
        await appendEvents(
          tx,
          rows.map((one) => endedEvent(one, at)),
        );
        for (const notice of endedNotices(orgId, ids)) await notify(tx, 'ended', notice);
        return rows;
      });
      for (const row of ended) countTask(row);
      const [row, ...parts] = ended;
      for (const part of parts) void starter.tryCancelTask({ orgId, taskId: part.id });
      return row;
    },
  };
}

const endedEvent = (row: TaskRow, at: Date): NewEvent => {
  const { status, error_category: category } = row;
  const data = { status, durationMs: durationOf(row), ...(category === null ? {} : { category }) };
  return taskEvent(row, `task.${status}` as EventType, data, at);
};

/** From its start to its end, in ms; null where it has not come to both. */
export const durationOf = ({
  started_at: from,
  completed_at: to,
}: Pick<TaskRow, 'started_at' | 'completed_at'>) =>
  from === null || to === null ? null : Math.max(0, to.getTime() - from.getTime());
