import { type Kysely, sql } from 'kysely';
import type { Db } from './database.js';
import { parseCursor } from './events.js';
import type { MessageRow } from './messages.js';
import type { Tables } from './tables.js';

const BEGINNING = { tx: '0', id: '0' };

/** A message's place in the history of its topic. */
export const cursorOf = ({ tx, seq }: Pick<MessageRow, 'tx' | 'seq'>): string => `${tx}-${seq}`;

/** The transaction of a cursor's message as it is now; see the ledger of events. */
const placeOf = (orgId: string, { tx, id }: { tx: string; id: string }) => sql`coalesce(
  (select tx from messages where org_id = ${orgId} and seq = ${id}::bigint),
  case when ${tx}::xid8 <= pg_snapshot_xmax(pg_current_snapshot()) then ${tx}::xid8 else '0' end)`;

/**
 * What was published on a topic after the cursor, in the order in which readers may see it: up to the oldest
 * transaction that still runs, so that what is read past is never missed. A cursor that is none throws a RangeError.
 */
export async function readHistory(
  db: Db,
  {
    orgId,
    topic,
    cursor,
    limit,
  }: { orgId: string; topic: string; cursor: string | undefined; limit: number },
): Promise<MessageRow[]> {
  const after = cursor === undefined ? BEGINNING : parseCursor(cursor);
  if (!after) throw new RangeError('is not the cursor of a message');
  return db
    .selectFrom('messages')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('topic', '=', topic)
    .where(sql<boolean>`is_published`)
    .where(sql<boolean>`(tx, seq) > (${placeOf(orgId, after)}, ${after.id}::bigint)`)
    .where(sql<boolean>`tx < pg_snapshot_xmin(pg_current_snapshot())`)
    .orderBy('tx')
    .orderBy('seq')
    .limit(limit)
    .execute();
}

/**
 * What `adoptEvents` does for events: after a dump was restored into another cluster, messages carry transactions that
 * are yet to come there. Answers how many were moved to this moment.
 */
export async function adoptMessages(db: Kysely<Tables>): Promise<number> {
  const moved = await sql`
    update messages set tx = pg_current_xact_id()
    where is_published and tx >= pg_snapshot_xmax(pg_current_snapshot())`.execute(db);
  return Number(moved.numAffectedRows ?? 0n);
}
