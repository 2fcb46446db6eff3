import type { TaskRow } from '../db/tasks.js';
import { TOLD_IN_ROW } from '../domain/task-outcome.js';
import type { TaskError } from '../messages/task.js';

/** Why a task failed: as it was noted in its row, where a failure that went through the engine only points there. */
export const whyOf = (
  { error_message: noted }: Pick<TaskRow, 'error_message'>,
  { category, message }: TaskError,
): TaskError => ({ category, message: message === TOLD_IN_ROW && noted !== null ? noted : message });
