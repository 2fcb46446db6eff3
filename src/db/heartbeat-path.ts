import { sql } from 'kysely';
import type { Db } from './database.js';

/** Between two pulses longer than this heartbeats may have been lost. */
const GAP_MS = 3_000;

/**
 * Says that heartbeats can come through now; after a gap the path counts as restored from now on. Writes nothing while
 * no agent is connected: a first one is then given one deadline more than it needs.
 */
export async function pulse(db: Db, now: Date): Promise<void> {
  await sql`
    update heartbeat_path set
      pulse_at = greatest(pulse_at, ${now}::timestamptz),
      restored_at = case when pulse_at < ${now}::timestamptz - ${GAP_MS} * interval '1 millisecond'
        then ${now}::timestamptz else restored_at end
    where exists (select 1 from agents where connection <> 'offline')`.execute(db);
}

/**
 * Since when heartbeats could come through without a gap. While there is no pulse they cannot: then it is the future,
 * `now`.
 */
export async function pathRestoredAt(db: Db, now: Date): Promise<Date> {
  const path = await db.selectFrom('heartbeat_path').selectAll().executeTakeFirstOrThrow();
  return now.getTime() - path.pulse_at.getTime() > GAP_MS ? now : path.restored_at;
}
