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

/** Windows can be opened on their own for this long, hours have opened by then; see `ownersOf`. */
const NEAR_MS = 7_200_000;

/**
 * A due moment for each owner that scheduled timers need at `now`, the earliest first: of each window that has begun or
 * is near, and of each hour.
 */
export async function dueMoments(db: Db, now: Date): Promise<{ orgId: string; fireAt: Date }[]> {
  const until = new Date(now.getTime() + NEAR_MS);
  const { rows } = await sql<{ org_id: string; fire_at: Date }>`
    select org_id, min(fire_at) as fire_at from timers
    where status = 'scheduled' and window_at < ${until} group by org_id, window_at
    union
    select org_id, min(fire_at) from timers
    where status = 'scheduled' and window_at >= ${until} group by org_id, date_trunc('hour', fire_at, 'UTC')
    order by 2`.execute(db);
  return rows.map(({ org_id: orgId, fire_at: fireAt }) => ({ orgId, fireAt }));
}
