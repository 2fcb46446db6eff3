import type { Database } from '../db/database.js';
import { createGroupCommit } from '../db/group-commit.js';
import type { Scope } from '../db/scope.js';
import {
  type Change,
  cancelTimer,
  getTimer,
  insertTimers,
  moveTimer,
  type NewTimer,
  rowOf,
  type TimerRow,
} from '../db/timers.js';
import { windowOf } from '../domain/owner.js';
import { noticesOf } from '../domain/timers-notice.js';
import type { Starter } from '../engine/starter.js';
import { countTimers } from '../metrics.js';

/** PostgreSQL's classes of errors that a row's own data causes: data exception, integrity constraint. */
const DATA_ERROR = /^2[23]/;
const MOST_IN_A_GROUP = 500;

/** Whether the database refused a row for what it holds: trying again would not help. */
export const isDataError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && DATA_ERROR.test(error.code);

/** What becomes of a timer that was asked for: its row, new or (same id) as it stood already. */
export interface Creation {
  row: TimerRow;
  wasNew: boolean;
}

/** Everything that changes timers, whoever asks: the API, a signal, an action. */
export interface Timers {
  /** Ensures the owner, then writes the row; both before it answers. */
  create(timer: NewTimer): Promise<Creation>;
  createMany(timers: NewTimer[]): Promise<PromiseSettledResult<Creation>[]>;
  cancel(
    scope: Scope,
    id: string,
    by: { reason: string | null; requestedBy: string | null },
  ): Promise<Change>;
  /** `durationMs`: null keeps the duration that a reset would start anew. */
  move(scope: Scope, id: string, to: { fireAt: Date; durationMs: number | null }): Promise<Change>;
}

export interface TimersOptions {
  database: Database;
  starter: Starter;
  now?: () => number;
}

export function createTimers({ database, starter, now = Date.now }: TimersOptions): Timers {
  const { db } = database;

  const writeInGroup = createGroupCommit<NewTimer, boolean>(
    async (timers) => {
      const written = timers.map((timer) => ({ ...timer, mustBeRead: timer.everyMs !== null }));
      const added = await insertTimers(db, timers, noticesOf(written, now()));
      return timers.map(({ orgId, id }) => added.delete(`${orgId}/${id}`));
    },
    { most: MOST_IN_A_GROUP, isDataError },
  );

  async function create(timer: NewTimer): Promise<Creation> {
    await starter.ensureOwners(timer.orgId, timer.fireAt);
    const wasNew = await writeInGroup(timer);
    if (wasNew) countTimers('created');
    // Nobody remembers how long the write took: an owner that ended meanwhile is started again.
    await starter.ensureOwners(timer.orgId, timer.fireAt);
    starter.tellChanged(timer.orgId, timer.fireAt);
    const row = wasNew ? rowOf(timer) : await getTimer(db, { orgId: timer.orgId, tenants: null }, timer.id);
    if (!row) throw new Error(`timer ${timer.id} is neither new nor there`);
    return { row, wasNew };
  }

  return {
    create,
    createMany: (timers) => Promise.allSettled(timers.map(create)),

    async cancel(scope, id, { reason, requestedBy }) {
      const change = await cancelTimer(db, scope, id, { reason, requestedBy, at: new Date(now()) });
      if (change.changed) countTimers('cancelled');
      if (change.changed && change.row) starter.tellChanged(scope.orgId, change.row.fire_at);
      return change;
    },

    async move(scope, id, { fireAt, durationMs }) {
      await starter.ensureOwners(scope.orgId, fireAt);
      const windowAt = windowOf(fireAt);
      const written = { orgId: scope.orgId, id, windowAt, fireAt, mustBeRead: true };
      const notices = noticesOf([written], now());
      const change = await moveTimer(db, scope, id, { fireAt, windowAt, durationMs, notices });
      if (change.changed) starter.tellChanged(scope.orgId, fireAt);
      return change;
    },
  };
}
