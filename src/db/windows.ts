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
