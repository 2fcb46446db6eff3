import type { TaskStatus } from '../schemas/task.js';

const ENDS: TaskStatus[] = ['completed', 'failed', 'cancelled', 'timed_out'];

/** Whether a task of this status has come to its end. */
export const hasEnded = (status: TaskStatus): boolean => ENDS.includes(status);
