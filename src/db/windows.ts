import { sql } from 'kysely';
import type { Db } from './database.js';

export interface WindowKey {
  orgId: string;
  startsAt: Date;
}

/** A new epoch of a window: from its commit on, every statement under an older one is refused. */
export async function armWindow(db: Db, { orgId, startsAt }: WindowKey): Promise<number> {
  const { rows } = await sql<{ epoch: number }>`
    insert into windows (org_id, starts_at, epoch) values (${orgId}, ${startsAt}, 1)
    on conflict (org_id, starts_at) do update set epoch = windows.epoch + 1
    returning epoch`.execute(db);
  return Number(rows[0]?.epoch);
}

/**
 * Whether a window is still under `epoch`, held there until the transaction ends: an arming waits for it, so that
 * what is written in between belongs to the epoch for certain.
 */
export async function holdWindow(db: Db, { orgId, startsAt }: WindowKey, epoch: number): Promise<boolean> {
  const { rows } = await sql`
    select 1 from windows where org_id = ${orgId} and starts_at = ${startsAt} and epoch = ${epoch} for share`.execute(
    db,
  );
  return rows.length > 0;
}

const HOUR_MS = 3_600_000;
/** Windows can be opened on their own for this long, hours have opened by then; see `ownersOf`. */
const NEAR_MS = 2 * HOUR_MS;
/** Hours that are read at once: 24 rows an organisation at most. */
const STRETCH_MS = 24 * HOUR_MS;

/** A stretch of time, and a due moment for each owner that scheduled timers need in it, the earliest first. */
export interface DueStretch {
  until: Date;
  moments: { orgId: string; fireAt: Date }[];
}

const hourOf = (at: number): number => Math.floor(at / HOUR_MS) * HOUR_MS;

/**
 * The first stretch from `from` on in which timers are scheduled, or null. Of what is overdue or near at `now` each window
 * has an owner, of what is far each hour.
 */
export async function dueStretch(
  db: Db,
  { from, now }: { from: Date; now: Date },
): Promise<DueStretch | null> {
  const { rows: firsts } = await sql<{ first: Date | null }>`
    select min(window_at) as first from timers where status = 'scheduled' and window_at >= ${from}`.execute(
    db,
  );
  const first = firsts[0]?.first?.getTime();
  if (first === undefined) return null;
  // Whole hours, so that none is asked for twice.
  const nearUntil = hourOf(now.getTime() + NEAR_MS) + HOUR_MS;
  const isNear = first < nearUntil;
  const until = new Date(isNear ? nearUntil : hourOf(first) + STRETCH_MS);
  const owner = isNear ? sql`window_at` : sql`date_trunc('hour', window_at, 'UTC')`;
  const { rows } = await sql<{ org_id: string; fire_at: Date }>`
    select org_id, min(fire_at) as fire_at from timers
    where status = 'scheduled' and window_at >= ${from} and window_at < ${until}
    group by org_id, ${owner} order by 2`.execute(db);
  return { until, moments: rows.map(({ org_id: orgId, fire_at: fireAt }) => ({ orgId, fireAt })) };
}
