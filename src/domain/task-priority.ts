/** A dev server is started with as many levels. */
const LEVELS = 6;

/**
 * Temporal's priority of a task's first step, 1 being first: of the five classes 1, 3, 5, 7, 9 each has its own, below
 * that of the steps of tasks that have begun. Where a server has fewer levels the last ones share one.
 */
export const priorityKeyOf = (priority: number): number => Math.min(1 + (priority + 1) / 2, LEVELS);
