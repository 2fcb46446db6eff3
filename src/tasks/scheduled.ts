import type { Kysely } from 'kysely';
import { getAgent } from '../db/agents.js';
import { appendEvents } from '../db/events.js';
import { getSchedule } from '../db/schedules.js';
import type { Tables } from '../db/tables.js';
import { insertTask } from '../db/tasks.js';
import type { ScheduledTaskRef, TaskRef } from '../messages/task.js';
import { unavailableOf } from './prepare-task.js';
import { timeoutOf } from './task-request.js';
import { taskEvent } from './tasks.js';

/** Whether a task has its row, has none because its agent takes no tasks now, or because there is no such schedule. */
export type Enlisted = 'enlisted' | 'unavailable' | 'gone';

/** Writes the row of a task that a schedule started, unless it stands. */
export async function writeScheduled(
  db: Kysely<Tables>,
  { orgId, taskId, scheduleId }: TaskRef & ScheduledTaskRef,
  at: Date,
  config: { TASK_TIMEOUT_SECONDS: number },
): Promise<Enlisted> {
  return db.transaction().execute(async (tx) => {
    const schedule = await getSchedule(tx, orgId, scheduleId);
    const agent = schedule ? await getAgent(tx, orgId, schedule.agent_id) : undefined;
    if (!schedule) return 'gone';
    if (!agent || unavailableOf(agent) !== null) return 'unavailable';
    const { method, prompt, input, priority, delivery, metadata } = schedule;
    const row = await insertTask(tx, {
      ...{ orgId, id: taskId, agent, method, prompt, input, priority, delivery, scheduleId },
      ...{ userId: null, sessionId: null, metadata: { ...metadata, scheduleId }, parent: null },
      fingerprint: null,
      timeoutMs: schedule.timeout_ms ?? timeoutOf(agent, config),
      createdAt: at,
    });
    if (row) await appendEvents(tx, [taskEvent(row, 'task.queued', { priority, method, scheduleId }, at)]);
    return 'enlisted';
  });
}
