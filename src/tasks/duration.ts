import type { TaskRow } from '../db/tasks.js';

/** From its start to its end, in ms; null where it has not come to both. */
export const durationOf = ({
  started_at: from,
  completed_at: to,
}: Pick<TaskRow, 'started_at' | 'completed_at'>): number | null =>
  from === null || to === null ? null : Math.max(0, to.getTime() - from.getTime());
