import { sql } from 'kysely';
import type { Db } from './database.js';
import type { StoredBundle } from './tables.js';
import type { WindowKey } from './windows.js';

/** A scheduled timer of a window, as its arming keeps it in memory. */
export interface DueTimer {
  id: string;
  fireAt: number;
  series: {
    everyMs: number;
    firstAt: number;
    occurrence: number;
    count: number | null;
    until: number | null;
  } | null;
}

interface DueRow {
  id: string;
  fire_at: Date;
  every_ms: number | null;
  first_fire_at: Date;
  occurrence: number;
  repeat_count: number | null;
  repeat_until: Date | null;
}

const toDueTimer = (row: DueRow): DueTimer => ({
  id: row.id,
  fireAt: row.fire_at.getTime(),
  series:
    row.every_ms === null
      ? null
      : {
          everyMs: row.every_ms,
          firstAt: row.first_fire_at.getTime(),
          occurrence: row.occurrence,
          count: row.repeat_count,
          until: row.repeat_until?.getTime() ?? null,
        },
});

/** What is scheduled in a window, soonest first. */
export async function readDue(db: Db, { orgId, startsAt }: WindowKey): Promise<DueTimer[]> {
  const rows = await db
    .selectFrom('timers')
    .where('org_id', '=', orgId)
    .where('window_at', '=', startsAt)
    .where('status', '=', sql.lit('scheduled'))
    .select(['id', 'fire_at', 'every_ms', 'first_fire_at', 'occurrence', 'repeat_count', 'repeat_until'])
    .orderBy('fire_at')
    .execute();
  return rows.map(toDueTimer);
}

/** One timer to claim: only if it is still due at `fireAt`; a repeating one goes on to `next`. */
export interface Claim {
  id: string;
  fireAt: Date;
  next: { fireAt: Date; windowAt: Date; occurrence: number } | null;
}

/** What a claim took: enough to make its deliveries. */
export interface ClaimedTimer {
  id: string;
  tenant_id: string;
  requested_by: string;
  name: string;
  action_bundle: StoredBundle | null;
}

/**
 * Takes timers from `scheduled` to `firing`, or on to their next occurrence. What was cancelled or moved meanwhile
 * is not among the answer. Runs inside the transaction that holds the window's epoch.
 */
export async function claimTimers(
  db: Db,
  window: WindowKey,
  epoch: number,
  claims: Claim[],
): Promise<ClaimedTimer[]> {
  const given = claims.map(({ id, fireAt, next }) => ({
    id,
    fire_at: fireAt,
    next_fire_at: next?.fireAt,
    next_window_at: next?.windowAt,
    next_occurrence: next?.occurrence,
  }));
  const { rows } = await sql<ClaimedTimer>`
    update timers t set
      status = case when c.next_fire_at is null then 'firing' else 'scheduled' end,
      fire_at = coalesce(c.next_fire_at, t.fire_at),
      window_at = coalesce(c.next_window_at, t.window_at),
      occurrence = coalesce(c.next_occurrence, t.occurrence),
      epoch = ${epoch}
    from json_to_recordset(${JSON.stringify(given)}::json) as c (
      id text, fire_at timestamptz, next_fire_at timestamptz, next_window_at timestamptz, next_occurrence integer)
    where t.org_id = ${window.orgId} and t.id = c.id and t.status = 'scheduled' and t.fire_at = c.fire_at
    returning t.id, t.tenant_id, t.requested_by, t.name, t.action_bundle`.execute(db);
  return rows;
}

/** A timer whose first attempts were all made. */
export interface FiredTimer {
  id: string;
  firedAt: Date;
  /** Null where the moment of the first attempt is not known, after a takeover. */
  latenessMs: number | null;
}

/**
 * Ends the firing of timers: `fired`, or `failed` where a delivery is dead already. A repeating one stays scheduled.
 * Answers how many failed.
 */
export async function finishTimers(
  db: Db,
  orgId: string,
  fired: readonly FiredTimer[],
  notices: readonly string[],
): Promise<number> {
  const given = fired.map((timer) => ({
    id: timer.id,
    fired_at: timer.firedAt,
    lateness_ms: timer.latenessMs,
  }));
  const { rows } = await sql<{ failed: number }>`
    with given as (
      select * from json_to_recordset(${JSON.stringify(given)}::json) as g (
        id text, fired_at timestamptz, lateness_ms integer)
    ), done as (
      update timers t set fired_at = g.fired_at, lateness_ms = coalesce(g.lateness_ms, t.lateness_ms),
        status = case when t.status <> 'firing' then t.status
          when exists (select from deliveries d
            where d.org_id = t.org_id and d.timer_id = t.id and d.status = 'dead') then 'failed'
          else 'fired' end
      from given g where t.org_id = ${orgId} and t.id = g.id
      returning t.org_id, t.id, t.tenant_id, t.name, t.status, g.lateness_ms
    ), told as (
      insert into events (org_id, type, subject, data)
      select org_id, 'timer.fired', id,
        json_build_object('tenantId', tenant_id, 'name', name, 'latenessMs', lateness_ms) from done
      union all
      select org_id, 'timer.failed', id, json_build_object('tenantId', tenant_id, 'name', name)
      from done where status = 'failed'
    ), woken as (
      select count(pg_notify('mainspring_ended', notice))
      from json_array_elements_text(${JSON.stringify(notices)}::json) as notice
    )
    select (select count(*)::int from done where status = 'failed') as failed, woken.* from woken`.execute(
    db,
  );
  return rows[0]?.failed ?? 0;
}

/** Takes over what older epochs of a window left `sending`; it goes out again, byte for byte, under its id. */
export async function takeOverDeliveries(
  db: Db,
  { orgId, startsAt }: WindowKey,
  epoch: number,
): Promise<string[]> {
  const rows = await db
    .updateTable('deliveries')
    .set({ epoch })
    .where('org_id', '=', orgId)
    .where('window_at', '=', startsAt)
    .where('status', '=', sql.lit('sending'))
    .where('epoch', '<', epoch)
    .returning('id')
    .execute();
  return rows.map((row) => row.id);
}

/** Timers of a window that an older epoch claimed and nobody has finished. */
export async function unfinishedTimers(
  db: Db,
  { orgId, startsAt }: WindowKey,
  epoch: number,
): Promise<{ id: string; fireAt: Date; concurrency: number | undefined }[]> {
  const rows = await db
    .selectFrom('timers')
    .where('org_id', '=', orgId)
    .where('window_at', '=', startsAt)
    .where('status', '=', sql.lit('firing'))
    .where('epoch', '<', epoch)
    .select(['id', 'fire_at', 'action_bundle'])
    .execute();
  return rows.map((row) => ({
    id: row.id,
    fireAt: row.fire_at,
    concurrency: row.action_bundle?.concurrency,
  }));
}
