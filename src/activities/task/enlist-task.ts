import type { Config } from '../../config.js';
import type { Database } from '../../db/database.js';
import type { Schedules } from '../../engine/schedules.js';
import type { ScheduledTaskRef, TaskRef } from '../../messages/task.js';
import { writeScheduled } from '../../tasks/scheduled.js';

export interface EnlistTaskOptions {
  database: Database;
  schedules: Pick<Schedules, 'delete'>;
  config: Pick<Config, 'TASK_TIMEOUT_SECONDS'>;
  now?: () => number;
}

/**
 * Writes the row of a task that its schedule started, so that it is seen while it waits its turn. False where there is
 * nothing to do: its agent takes no tasks now, or its schedule is gone and comes round no more.
 */
export function createEnlistTask({ database, schedules, config, now = Date.now }: EnlistTaskOptions) {
  return async function enlistTask(ref: TaskRef & ScheduledTaskRef): Promise<boolean> {
    const enlisted = await writeScheduled(database.db, ref, new Date(now()), config);
    if (enlisted === 'gone') await schedules.delete(ref);
    return enlisted === 'enlisted';
  };
}
