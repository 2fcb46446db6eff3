import { type Selectable, sql } from 'kysely';
import type { TimerFilter, TimerStatus } from '../schemas/timer.js';
import type { Db } from './database.js';
import { type Scope, seesTenant } from './scope.js';
import type { StoredBundle, TimerTable } from './tables.js';

export type TimerRow = Selectable<TimerTable>;

/** A timer as it is written: the rest of its row follows from it. */
export interface NewTimer {
  orgId: string;
  id: string;
  tenantId: string;
  requestedBy: string;
  name: string;
  durationMs: number;
  fireAt: Date;
  windowAt: Date;
  metadata: Record<string, unknown>;
  labels: Record<string, string>;
  actionBundle: StoredBundle | null;
  everyMs: number | null;
  repeatCount: number | null;
  repeatUntil: Date | null;
  createdAt: Date;
}

const toColumns = (timer: NewTimer) => ({
  org_id: timer.orgId,
  id: timer.id,
  tenant_id: timer.tenantId,
  requested_by: timer.requestedBy,
  name: timer.name,
  duration_ms: timer.durationMs,
  fire_at: timer.fireAt,
  window_at: timer.windowAt,
  metadata: timer.metadata,
  labels: timer.labels,
  action_bundle: timer.actionBundle,
  every_ms: timer.everyMs,
  repeat_count: timer.repeatCount,
  repeat_until: timer.repeatUntil,
  created_at: timer.createdAt,
});

/** The row that {@link insertTimers} made of a timer. */
export const rowOf = (timer: NewTimer): TimerRow => ({
  ...toColumns(timer),
  status: 'scheduled',
  first_fire_at: timer.fireAt,
  occurrence: 1,
  epoch: null,
  fired_at: null,
  lateness_ms: null,
  cancelled_at: null,
  cancel_reason: null,
  cancelled_by: null,
});

/**
 * Writes timers with their `timer.created` events and tells armed windows, all in one statement. Answers the ids
 * that were new, as `<org>/<id>`: a timer whose id is taken is left as it is.
 */
export async function insertTimers(
  db: Db,
  timers: NewTimer[],
  notices: readonly object[],
): Promise<Set<string>> {
  const { rows } = await sql<{ org_id: string | null; id: string }>`
    with given as (
      select * from json_to_recordset(${JSON.stringify(timers.map(toColumns))}::json) as t (
        org_id text, id text, tenant_id text, requested_by text, name text, duration_ms bigint,
        fire_at timestamptz, window_at timestamptz, metadata json, labels json, action_bundle json,
        every_ms bigint, repeat_count integer, repeat_until timestamptz, created_at timestamptz)
    ), added as (
      insert into timers (org_id, id, tenant_id, requested_by, name, status, duration_ms, fire_at, window_at,
        metadata, labels, action_bundle, every_ms, repeat_count, repeat_until, first_fire_at, created_at)
      select org_id, id, tenant_id, requested_by, name, 'scheduled', duration_ms, fire_at, window_at,
        metadata, labels, nullif(action_bundle::text, 'null')::json, every_ms, repeat_count, repeat_until, fire_at, created_at
      from given
      on conflict (org_id, id) do nothing
      returning org_id, id, tenant_id, name, fire_at
    ), told as (
      insert into events (org_id, type, subject, data)
      select org_id, 'timer.created', id, json_build_object('tenantId', tenant_id, 'name', name) from added
    )
    select org_id, id from added
    union all
    select null, pg_notify('mainspring_timers', notice)::text
    from json_array_elements_text(${JSON.stringify(notices.map((notice) => JSON.stringify(notice)))}::json) as notice`.execute(
    db,
  );
  return new Set(rows.flatMap((row) => (row.org_id === null ? [] : [`${row.org_id}/${row.id}`])));
}

/** Timers of a scope; whatever else is asked goes on from here. */
const inScope = (db: Db, scope: Scope) =>
  db.selectFrom('timers').where('org_id', '=', scope.orgId).where(seesTenant(scope));

export async function getTimer(db: Db, scope: Scope, id: string): Promise<TimerRow | undefined> {
  return inScope(db, scope).where('id', '=', id).selectAll().executeTakeFirst();
}

export interface Position {
  createdAt: Date;
  id: string;
}

/** Newest first, after `position`. */
export async function listTimers(
  db: Db,
  scope: Scope,
  filter: Omit<TimerFilter, 'cursor'>,
  position: Position | undefined,
): Promise<TimerRow[]> {
  let query = inScope(db, scope).selectAll();
  if (filter.tenantId !== undefined) query = query.where('tenant_id', '=', filter.tenantId);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.name !== undefined) query = query.where('name', '=', filter.name);
  if (filter.requestedBy !== undefined) query = query.where('requested_by', '=', filter.requestedBy);
  if (filter.fireBefore !== undefined) query = query.where('fire_at', '<', filter.fireBefore);
  if (filter.fireAfter !== undefined) query = query.where('fire_at', '>', filter.fireAfter);
  if (position) query = query.where(sql<boolean>`(created_at, id) < (${position.createdAt}, ${position.id})`);
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(filter.limit).execute();
}

/** What a request to change a timer met. `changed: false` with a row: it was in another state than it takes. */
export interface Change {
  changed: boolean;
  row: TimerRow | undefined;
}

/**
 * Cancels what is still scheduled. One conditional statement on the row decides between this and a claim: exactly
 * one of them finds it scheduled.
 */
export async function cancelTimer(
  db: Db,
  scope: Scope,
  id: string,
  by: { reason: string | null; requestedBy: string | null; at: Date },
): Promise<Change> {
  const { rows } = await sql<TimerRow>`
    with ended as (
      update timers set status = 'cancelled', cancelled_at = ${by.at}, cancel_reason = ${by.reason},
        cancelled_by = ${by.requestedBy}
      where org_id = ${scope.orgId} and id = ${id} and status = 'scheduled'
        and ${seesTenant(scope)}
      returning *
    ), told as (
      insert into events (org_id, type, subject, data)
      select org_id, 'timer.cancelled', id, json_build_object('tenantId', tenant_id, 'name', name, 'reason', cancel_reason)
      from ended
    ), woken as (select pg_notify('mainspring_ended', org_id || '/' || id) from ended)
    select ended.* from ended left join woken on true`.execute(db);
  const [row] = rows;
  return row ? { changed: true, row } : { changed: false, row: await getTimer(db, scope, id) };
}

/** Gives a scheduled timer another due time; of a repeating one, all that follow move along. */
export async function moveTimer(
  db: Db,
  scope: Scope,
  id: string,
  to: { fireAt: Date; windowAt: Date; durationMs: number | null; notices: readonly object[] },
): Promise<Change> {
  const { rows } = await sql<TimerRow>`
    with moved as (
      update timers set fire_at = ${to.fireAt}, window_at = ${to.windowAt}, duration_ms = coalesce(${to.durationMs}, duration_ms),
        first_fire_at = ${to.fireAt}::timestamptz - (occurrence - 1) * coalesce(every_ms, 0) * interval '1 millisecond'
      where org_id = ${scope.orgId} and id = ${id} and status = 'scheduled'
        and ${seesTenant(scope)}
      returning *
    ), told as (
      insert into events (org_id, type, subject, data)
      select org_id, 'timer.rescheduled', id, json_build_object('tenantId', tenant_id, 'name', name, 'fireAt', fire_at)
      from moved
    ), woken as (
      select count(pg_notify('mainspring_timers', notice)) from moved,
      json_array_elements_text(${JSON.stringify(to.notices.map((notice) => JSON.stringify(notice)))}::json) as notice
    )
    select moved.* from moved, woken`.execute(db);
  const [row] = rows;
  return row ? { changed: true, row } : { changed: false, row: await getTimer(db, scope, id) };
}

/** How many timers of a window stand in which unfinished state, and the next of them, for people to see. */
export async function describeWindow(db: Db, orgId: string, windowAt: Date, most: number) {
  const inState = (status: TimerStatus) =>
    db
      .selectFrom('timers')
      .where('window_at', '=', windowAt)
      .where('org_id', '=', orgId)
      // Literals, so that the planner sees that the partial indexes hold these rows.
      .where('status', '=', sql.lit(status));
  const count = (status: TimerStatus) =>
    inState(status)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
  const [scheduled, firing] = [await count('scheduled'), await count('firing')];
  const next = await inState('scheduled')
    .select(['id', 'name', 'fire_at'])
    .orderBy('fire_at')
    .limit(most)
    .execute();
  return {
    counts: { scheduled: Number(scheduled.count), firing: Number(firing.count) },
    next: next.map((row) => ({ id: row.id, name: row.name, fireAt: row.fire_at.toISOString() })),
  };
}

/** Windows between two moments in which timers are scheduled. */
export async function windowsBetween(db: Db, orgId: string, from: Date, to: Date): Promise<Date[]> {
  const rows = await db
    .selectFrom('timers')
    .where('org_id', '=', orgId)
    .where('status', '=', sql.lit('scheduled'))
    .where('window_at', '>=', from)
    .where('window_at', '<', to)
    .select('window_at')
    .distinct()
    .orderBy('window_at')
    .execute();
  return rows.map((row) => row.window_at);
}

const MOST_OVERDUE = 1_000;

/** Windows with timers that should have fired before `before`, whatever kept them. */
export async function overdueWindows(db: Db, before: Date): Promise<{ orgId: string; windowAt: Date }[]> {
  const { rows } = await sql<{ org_id: string; window_at: Date }>`
    select distinct org_id, window_at from timers
    where status = 'scheduled' and window_at < ${before} and fire_at < ${before}
    union
    select distinct org_id, window_at from timers
    where status = 'firing' and window_at < ${before} and fire_at < ${before}
    union
    select distinct org_id, window_at from deliveries
    where status = 'sending' and window_at < ${before} and created_at < ${before}
    limit ${MOST_OVERDUE}`.execute(db);
  return rows.map((row) => ({ orgId: row.org_id, windowAt: row.window_at }));
}
