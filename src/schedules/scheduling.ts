import type { Database, Db } from '../db/database.js';
import {
  allSchedules,
  deleteSchedule,
  getSchedule,
  insertSchedule,
  lockSchedule,
  markApplied,
  type NewSchedule,
  type ScheduleColumns,
  type ScheduleRow,
  unappliedSchedules,
  updateSchedule,
} from '../db/schedules.js';
import type { Schedules, TaskCycle } from '../engine/schedules.js';
import type { ScheduledTaskRef } from '../messages/task.js';
import { type Cycle, offsetOf } from './cycle.js';

/** Of an organisation; of those that tools made it may have fewer. */
export const MOST_SCHEDULES = { org: 1_000, tools: 100 };

/** Schedules as rows and as Temporal has them: the row is what is wanted, and Temporal follows. */
export interface Scheduling {
  /** Writes it and has Temporal make it; undefined where the organisation has too many. One that stands is left as it is. */
  create(schedule: NewSchedule): Promise<ScheduleRow | undefined>;
  /** Changes one, its row locked while `change` decides how; undefined where there is none. */
  change(ref: ScheduledTaskRef, change: ScheduleEdit, at: Date): Promise<ScheduleRow | undefined>;
  /** False where there was none. Where Temporal cannot be told, what it starts from then on has no row, and ends it. */
  remove(ref: ScheduledTaskRef): Promise<boolean>;
  /** Has Temporal keep it as its row says. */
  apply(ref: ScheduledTaskRef): Promise<void>;
  /** Has Temporal keep what it did not learn of in time; answers how many those were. */
  applyOverdue(before: Date): Promise<number>;
  /** Has Temporal keep those that it has lost, and forget those that are gone; answers how many it had lost. */
  restore(): Promise<number>;
}

export type ScheduleEdit = (row: ScheduleRow, tx: Db) => Promise<Partial<ScheduleColumns> | null>;

/** In a round of the sweep. */
const MOST_OVERDUE = 100;

/** When a row comes round. */
export const cycleOf = ({ cron, interval_ms: intervalMs, timezone }: ScheduleRow): Cycle => {
  if (cron !== null) return { cron, intervalMs: null, timezone };
  if (intervalMs !== null) return { cron, intervalMs, timezone };
  throw new Error('a schedule has neither a cron expression nor an interval');
};

const taskCycleOf = (row: ScheduleRow): TaskCycle => ({
  ...{ orgId: row.org_id, scheduleId: row.id, agentId: row.agent_id },
  ...{ cron: row.cron, intervalMs: row.interval_ms, timezone: row.timezone },
  offsetMs: row.interval_ms === null ? 0 : offsetOf(row.interval_ms, row.created_at),
  ...{ priority: row.priority, overlap: row.overlap, jitterMs: row.jitter_ms, endsAt: row.ends_at },
  ...{ catchupWindowMs: row.catchup_window_ms, isPaused: !row.is_enabled },
});

export function createScheduling({
  database,
  schedules,
}: {
  database: Database;
  schedules: Pick<Schedules, 'put' | 'delete' | 'list'>;
}): Scheduling {
  const { db } = database;
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

  async function applyAll(refs: readonly ScheduledTaskRef[]): Promise<number> {
    const failures: unknown[] = [];
    // One that cannot be applied holds up no other.
    for (const ref of refs) await apply(ref).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
    return refs.length;
  }

  return {
    apply,

    async create(schedule) {
      const { orgId, id: scheduleId, createdBy } = schedule;
      const most = createdBy === undefined ? MOST_SCHEDULES.org : MOST_SCHEDULES.tools;
      const outcome = await db.transaction().execute((tx) => insertSchedule(tx, schedule, most));
      if (outcome === 'full') return undefined;
      try {
        await apply({ orgId, scheduleId });
      } catch (error) {
        // Nobody was told that it stands; of one that stood before somebody was.
        if (outcome === 'written') await deleteSchedule(db, orgId, scheduleId);
        throw error;
      }
      return read({ orgId, scheduleId });
    },

    async change(ref, change, at) {
      const hasChanged = await db.transaction().execute(async (tx) => {
        const row = await lockSchedule(tx, ref.orgId, ref.scheduleId);
        const columns = row && (await change(row, tx));
        if (row && columns) await updateSchedule(tx, row, columns, at);
        return Boolean(columns);
      });
      if (hasChanged) await apply(ref);
      return read(ref);
    },

    async remove(ref) {
      const wasThere = await deleteSchedule(db, ref.orgId, ref.scheduleId);
      if (wasThere) await schedules.delete(ref);
      return wasThere;
    },

    applyOverdue: async (before) => applyAll(await unappliedSchedules(db, { before, limit: MOST_OVERDUE })),

    async restore() {
      const keyOf = ({ orgId, scheduleId }: ScheduledTaskRef) => `${orgId}/${scheduleId}`;
      const rows = new Map((await allSchedules(db)).map((ref) => [keyOf(ref), ref]));
      for await (const ref of schedules.list()) {
        const isKnown = rows.delete(keyOf(ref));
        // A row comes before what Temporal has of it: without one nobody wants it any more.
        if (!isKnown && !(await read(ref))) await schedules.delete(ref);
      }
      return applyAll([...rows.values()]);
    },
  };
}
