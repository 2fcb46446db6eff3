import type { Database, Db } from '../db/database.js';
import {
  columnsOf,
  deleteSchedule,
  getSchedule,
  insertSchedule,
  lockSchedule,
  type NewSchedule,
  type ScheduleColumns,
  type ScheduleRow,
  updateSchedule,
} from '../db/schedules.js';
import { CycleRefused } from '../engine/schedules.js';
import type { ScheduledTaskRef } from '../messages/task.js';
import { type Applier, type ApplierOptions, createApplier } from './applier.js';

/** Of an organisation; of those that tools made it may have fewer. */
export const MOST_SCHEDULES = { org: 1_000, tools: 100 };

/** Schedules as rows and as Temporal has them: the row is what is wanted, and Temporal follows. */
export interface Scheduling extends Applier {
  /**
   * Writes it and has Temporal make it; undefined where the organisation has too many. One that stands is left as it is.
   * Throws {@link CycleRefused} where Temporal says that there can be none such, which leaves nothing; where Temporal
   * does not answer, what is written stands, and is applied when it does.
   */
  create(schedule: NewSchedule): Promise<ScheduleRow | undefined>;
  /**
   * Changes one, its row locked while `change` decides how; undefined where there is none. Throws {@link CycleRefused}
   * as `create` does; it stays as it was then.
   */
  change(ref: ScheduledTaskRef, change: ScheduleEdit, at: Date): Promise<ScheduleRow | undefined>;
  /** False where there was none. Where Temporal cannot be told, what it starts from then on has no row, and ends it. */
  remove(ref: ScheduledTaskRef): Promise<boolean>;
}

export type ScheduleEdit = (row: ScheduleRow, tx: Db) => Promise<Partial<ScheduleColumns> | null>;

/** Undoes a change that Temporal refuses, unless another came after it. */
async function takeBack(db: Database['db'], error: unknown, before: ScheduleRow): Promise<never> {
  if (error instanceof CycleRefused)
    await db.transaction().execute(async (tx) => {
      const row = await lockSchedule(tx, before.org_id, before.id);
      if (row?.revision !== before.revision + 1) return;
      await updateSchedule(tx, row, columnsOf(before), before.updated_at);
    });
  throw error;
}

export function createScheduling(options: ApplierOptions): Scheduling {
  const { schedules } = options;
  const { db } = options.database;
  const applier = createApplier(options);
  const { apply } = applier;
  const read = ({ orgId, scheduleId }: ScheduledTaskRef) => getSchedule(db, orgId, scheduleId);

  return {
    ...applier,

    async create(schedule) {
      const { orgId, id: scheduleId, createdBy } = schedule;
      const most = createdBy === undefined ? MOST_SCHEDULES.org : MOST_SCHEDULES.tools;
      const outcome = await db.transaction().execute((tx) => insertSchedule(tx, schedule, most));
      if (outcome === 'full') return undefined;
      try {
        await apply({ orgId, scheduleId });
      } catch (error) {
        // Otherwise a repeat of the request may have been told meanwhile that it stands.
        if (error instanceof CycleRefused && outcome === 'written')
          await deleteSchedule(db, orgId, scheduleId);
        throw error;
      }
      return read({ orgId, scheduleId });
    },

    async change(ref, change, at) {
      const before = await db.transaction().execute(async (tx) => {
        const row = await lockSchedule(tx, ref.orgId, ref.scheduleId);
        const columns = row && (await change(row, tx));
        if (row && columns) await updateSchedule(tx, row, columns, at);
        return columns ? row : undefined;
      });
      if (before) await apply(ref).catch((error: unknown) => takeBack(db, error, before));
      return read(ref);
    },

    async remove(ref) {
      const wasThere = await deleteSchedule(db, ref.orgId, ref.scheduleId);
      if (wasThere) await schedules.delete(ref);
      return wasThere;
    },
  };
}
