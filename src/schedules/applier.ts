import type { Database } from '../db/database.js';
import { allSchedules, getSchedule, markApplied, unappliedSchedules } from '../db/schedules.js';
import type { Schedules } from '../engine/schedules.js';
import type { Log } from '../log.js';
import type { ScheduledTaskRef } from '../messages/task.js';
import { taskCycleOf } from './row-cycle.js';

/** Has Temporal follow the rows of schedules. */
export interface Applier {
  /** Has Temporal keep it as its row says. */
  apply(ref: ScheduledTaskRef): Promise<void>;
  /** Has Temporal keep them; one that fails is logged and left to the sweep. Answers how many were applied. */
  applyEach(refs: readonly ScheduledTaskRef[]): Promise<number>;
  /** Has Temporal keep what it did not learn of in time; answers how many those were, without those that failed. */
  applyOverdue(before: Date): Promise<number>;
  /**
   * Has Temporal keep those that it has lost or has as they were before, and forget those that are gone; answers how
   * many of the former it keeps now.
   */
  restore(): Promise<number>;
}

export interface ApplierOptions {
  database: Database;
  schedules: Pick<Schedules, 'put' | 'delete' | 'list'>;
  log: Pick<Log, 'warn'>;
}

/** In a round of the sweep. */
const MOST_OVERDUE = 100;

const keyOf = ({ orgId, scheduleId }: ScheduledTaskRef) => `${orgId}/${scheduleId}`;

export function createApplier({ database: { db }, schedules, log }: ApplierOptions): Applier {
  const read = ({ orgId, scheduleId }: ScheduledTaskRef) => getSchedule(db, orgId, scheduleId);

  async function apply(ref: ScheduledTaskRef): Promise<void> {
    for (let row = await read(ref); row; row = await read(ref)) {
      try {
        await schedules.put(taskCycleOf(row));
      } catch (error) {
        if (await read(ref)) throw error;
        return;
      }
      // Another change may have come first, and this one have been put after it.
      const mark = await markApplied(db, row);
      if (mark === 'gone') await schedules.delete(ref);
      if (mark !== 'outdated') return;
    }
  }

  async function applyEach(refs: readonly ScheduledTaskRef[]): Promise<number> {
    let applied = 0;
    for (const ref of refs) {
      try {
        await apply(ref);
        applied += 1;
      } catch (error) {
        // One that cannot be applied holds up no other, and nothing else. It is overdue, so the sweep asks again.
        log.warn({ org: ref.orgId, schedule: ref.scheduleId, error }, 'A schedule could not be applied');
      }
    }
    return applied;
  }

  async function restore(): Promise<number> {
    const rows = new Map((await allSchedules(db)).map((row) => [keyOf(row), row]));
    for await (const { revision, ...ref } of schedules.list()) {
      const row = rows.get(keyOf(ref));
      // Two that changed it at once may have told Temporal in the wrong order.
      if (row && row.revision === revision) rows.delete(keyOf(ref));
      // A row comes before what Temporal has of it: without one nobody wants it any more.
      if (!row && !(await read(ref))) await schedules.delete(ref);
    }
    return applyEach([...rows.values()]);
  }

  const applyOverdue = async (before: Date) =>
    applyEach(await unappliedSchedules(db, { before, limit: MOST_OVERDUE }));
  return { apply, applyEach, applyOverdue, restore };
}
