import type { Database, Db } from '../db/database.js';
import {
  allSchedules,
  columnsOf,
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
import { CycleRefused, type Schedules, type TaskCycle } from '../engine/schedules.js';
import type { Log } from '../log.js';
import type { ScheduledTaskRef } from '../messages/task.js';
import { type Cycle, offsetOf, plainCron } from './cycle.js';

/** Of an organisation; of those that tools made it may have fewer. */
export const MOST_SCHEDULES = { org: 1_000, tools: 100 };

/** Schedules as rows and as Temporal has them: the row is what is wanted, and Temporal follows. */
export interface Scheduling {
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
  ...{
    cron: row.cron === null ? null : plainCron(row.cron),
    intervalMs: row.interval_ms,
    timezone: row.timezone,
  },
  offsetMs: row.interval_ms === null ? 0 : offsetOf(row.interval_ms, row.created_at),
  ...{ priority: row.priority, overlap: row.overlap, jitterMs: row.jitter_ms, endsAt: row.ends_at },
  ...{ catchupWindowMs: row.catchup_window_ms, isPaused: !row.is_enabled },
  revision: row.revision,
});

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

export function createScheduling({
  database,
  schedules,
  log,
}: {
  database: Database;
  schedules: Pick<Schedules, 'put' | 'delete' | 'list'>;
  log: Pick<Log, 'warn'>;
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

  return {
    apply,
    applyEach,

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

    applyOverdue: async (before) => applyEach(await unappliedSchedules(db, { before, limit: MOST_OVERDUE })),

    async restore() {
      const keyOf = ({ orgId, scheduleId }: ScheduledTaskRef) => `${orgId}/${scheduleId}`;
      const rows = new Map((await allSchedules(db)).map((row) => [keyOf(row), row]));
      for await (const { revision, ...ref } of schedules.list()) {
        const row = rows.get(keyOf(ref));
        // Two that changed it at once may have told Temporal in the wrong order.
        if (row && row.revision === revision) rows.delete(keyOf(ref));
        // A row comes before what Temporal has of it: without one nobody wants it any more.
        if (!row && !(await read(ref))) await schedules.delete(ref);
      }
      return applyEach([...rows.values()]);
    },
  };
}
