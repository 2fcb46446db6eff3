import type { Database, Db } from '../../db/database.js';
import { stagesOf } from '../../db/task-stages.js';
import { getTask, hasEnded } from '../../db/tasks.js';
import type { TaskOutcome, TaskRef } from '../../messages/task.js';
import { rememberTurn } from '../../tasks/session-memory.js';
import type { Tasks } from '../../tasks/tasks.js';
import { whyOf } from '../../tasks/why.js';

export interface EndTaskOptions {
  database: Database;
  tasks: Tasks;
  now?: () => number;
}

export interface TaskOver extends TaskRef {
  outcome: TaskOutcome;
}

/** Writes what a task came to. One that was ended from outside stays as it was ended. */
export function createEndTask({ database, tasks, now = Date.now }: EndTaskOptions) {
  const { db } = database;
  return async function endTask({ outcome, ...ref }: TaskOver): Promise<void> {
    const task = await getTask(db, ref.orgId, ref.taskId);
    if (!task || hasEnded(task.status)) return;
    const at = new Date(now());
    if (outcome.status !== 'completed') {
      await tasks.end(ref, { status: outcome.status, error: whyOf(task, outcome.error), at });
      return;
    }
    const stages = await stagesOf(db, task);
    const output = stages.get('postprocess') ?? stages.get('execute') ?? task.output;
    const within = (tx: Db) => rememberTurn(tx, task, output);
    await tasks.end(ref, { status: 'completed', output, error: null, at, within });
  };
}
