import { type Selectable, sql } from 'kysely';
import type { Db } from './database.js';
import type { HeartbeatPathTable } from './tables-of-agents.js';

/**
 * Says that all heartbeats of before `at` have been written; after a longer gap than `gapMs` the path counts as
 * restored from then on. Writes nothing while no agent is connected: a first one is then given more time than it needs.
 */
export async function pulse(db: Db, { at, gapMs }: { at: Date; gapMs: number }): Promise<void> {
  await sql`
    update heartbeat_path set
      pulse_at = greatest(pulse_at, ${at}::timestamptz),
      restored_at = case when pulse_at < ${at}::timestamptz - ${gapMs} * interval '1 millisecond'
        then ${at}::timestamptz else restored_at end
    where exists (select 1 from agent_sessions where ended_at is null)`.execute(db);
}

/** Whether heartbeats can come through, and since when. */
export type Path = Pick<Selectable<HeartbeatPathTable>, 'pulse_at' | 'restored_at'>;

export const readPath = (db: Db): Promise<Path> =>
  db.selectFrom('heartbeat_path').selectAll().executeTakeFirstOrThrow();
