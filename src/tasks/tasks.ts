import type { Database, Db } from '../db/database.js';
import { insertDeliveries } from '../db/deliveries.js';
import { appendEvents, type NewEvent } from '../db/events.js';
import { notify } from '../db/notify.js';
import {
  doesTaskWait,
  endDescendants,
  endTask,
  endUnmadeCalls,
  getTask,
  hasEnded,
  insertTask,
  type NewTask,
  type TaskEnd,
  type TaskRow,
} from '../db/tasks.js';
import { endedNotices } from '../domain/ended-notice.js';
import type { Starter } from '../engine/starter.js';
import type { Endpoint } from '../messages/endpoint.js';
import type { TaskRef } from '../messages/task.js';
import { countTask } from '../metrics.js';
import type { EventType } from '../schemas/event.js';
import { durationOf } from './duration.js';
import { type ResultOptions, receiversOf, resultDeliveries } from './result-deliveries.js';

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
  /**
   * Ends a task once, with all that is a part of it, and writes the deliveries of its result; undefined where it had
   * ended before.
   */
  end(ref: TaskRef, end: TaskEnding): Promise<TaskRow | undefined>;
}

export interface TasksOptions extends ResultOptions {
  database: Database;
  starter: Pick<Starter, 'startTask' | 'tryCancelTask' | 'ensureEndpoint' | 'wakeEndpoint' | 'wakeMailbox'>;
}

export function createTasks({ database, starter, ...results }: TasksOptions): Tasks {
  /** Whom the end of a task will be told, each with its workflow running. */
  async function ensureReceivers({ orgId, taskId }: TaskRef): Promise<Endpoint[]> {
    const task = await getTask(database.db, orgId, taskId);
    if (!task || hasEnded(task.status)) return [];
    const endpoints = receiversOf(task, results).map((receiver) => ({ orgId, receiver }));
    await Promise.all(endpoints.map((endpoint) => starter.ensureEndpoint(endpoint)));
    return endpoints;
  }

  return {
    async submit(task) {
      const { orgId, id: taskId, priority, agent, createdAt } = task;
      const startsAt = task.scheduledAt ?? undefined;
      if (!task.parent) {
        const isFirst = !(await doesTaskWait(database.db));
        await starter.startTask({ orgId, taskId }, { priority, agentId: agent.id, startsAt, isFirst });
      }
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
      const told = await ensureReceivers(ref);
      const ended = await database.db.transaction().execute(async (tx) => {
        const row = await endTask(tx, { orgId, id }, end);
        if (!row) return [];
        await within?.(tx, row);
        await insertDeliveries(tx, resultDeliveries(row, at, results), at.getTime());
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
      if (row) for (const endpoint of told) starter.wakeEndpoint(endpoint);
      // It handled a message: the mailbox may have been begun anew meanwhile, and wait for it.
      if (row && 'message_id' in row.metadata) starter.wakeMailbox({ orgId, agentId: row.agent_id });
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
