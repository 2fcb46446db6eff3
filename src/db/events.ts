import { type Kysely, sql } from 'kysely';
import type { Event, EventType } from '../schemas/event.js';
import type { Db } from './database.js';
import type { Tables } from './tables.js';

/** A fact to be appended, in the same transaction as what it tells of. */
export interface NewEvent {
  orgId: string;
  type: EventType;
  subject: string;
  data: Record<string, unknown>;
  /** When it happened; by default when it is appended. */
  at?: Date | undefined;
}

export interface EventQuery {
  orgId: string;
  /** The event after which to read, in the order that is asked for; absent: from the first, or the newest. */
  cursor?: string | undefined;
  /** `desc`: the newest first. */
  order?: 'asc' | 'desc' | undefined;
  limit: number;
  /** An event type, or a prefix such as `timer.*`. */
  type?: string | undefined;
  subject?: string | undefined;
}

/** An event's place in the ledger: the transaction that wrote it, and its number. */
const CURSOR = /^(\d{1,20})-(\d{1,19})$/;
const LARGEST = { tx: 2n ** 64n - 1n, id: 2n ** 63n - 1n };

/** The parts of a cursor, or null where the text is none. */
export function parseCursor(text: string): { tx: string; id: string } | null {
  const [, tx, id] = CURSOR.exec(text) ?? [];
  if (tx === undefined || id === undefined) return null;
  return BigInt(tx) <= LARGEST.tx && BigInt(id) <= LARGEST.id ? { tx, id } : null;
}

/** Whether an event comes after another one in the ledger; both are ids of events. */
export function isAfter(id: string, other: string): boolean {
  const [one, two] = [parseCursor(id), parseCursor(other)];
  if (!one || !two) return false;
  const [at, before] = [BigInt(one.tx), BigInt(two.tx)];
  return at > before || (at === before && BigInt(one.id) > BigInt(two.id));
}

/** Appends events to the ledger; a trigger tells whoever reads along. */
export async function appendEvents(db: Db, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ orgId, ...event }) => ({ org_id: orgId, ...event }));
  await sql`
    insert into events (org_id, type, subject, data, at)
    select org_id, type, subject, data, coalesce(at, date_trunc('milliseconds', now()))
    from json_to_recordset(${JSON.stringify(rows)}::json)
      as event (org_id text, type text, subject text, data json, at timestamptz)`.execute(db);
}

/**
 * Events after the cursor, in the order in which readers may see them. It stops below the oldest transaction that
 * still runs: serial ids commit out of order, and what is read past is never read again. A cursor that is none
 * throws a RangeError.
 */
export async function readEvents(
  db: Db,
  { orgId, cursor, order = 'asc', limit, type, subject }: EventQuery,
): Promise<Event[]> {
  const after = cursor === undefined ? null : parseCursor(cursor);
  if (cursor !== undefined && !after) throw new RangeError('is not the cursor of an event');
  const comesAfter = order === 'asc' ? sql`>` : sql`<`;
  let query = db
    .selectFrom('events')
    .select(['tx', 'id', 'type', 'subject', 'data', 'at'])
    .where('org_id', '=', orgId)
    .where(sql<boolean>`tx < pg_snapshot_xmin(pg_current_snapshot())`)
    .orderBy('tx', order)
    .orderBy('id', order)
    .limit(limit);
  if (after)
    query = query.where(
      sql<boolean>`(tx, id) ${comesAfter} (${placeOf(orgId, after, order)}, ${after.id}::bigint)`,
    );
  if (type?.endsWith('*')) query = query.where(sql<boolean>`starts_with(type, ${type.slice(0, -1)})`);
  else if (type !== undefined) query = query.where(sql<boolean>`type = ${type}`);
  if (subject !== undefined) query = query.where('subject', '=', subject);
  const rows = await query.execute();
  return rows.map(({ tx, id, at, ...event }) => ({ id: `${tx}-${id}`, ...event, at: at.toISOString() }));
}

/**
 * The transaction of a cursor's event as it is now: another database cluster may have written the cursor. One of an
 * unknown event counts as it is, unless it lies in the future: then all that is kept comes after it.
 */
const placeOf = (
  orgId: string,
  { tx, id }: { tx: string; id: string },
  order: 'asc' | 'desc',
) => sql`coalesce(
  (select tx from events where id = ${id}::bigint and org_id = ${orgId}),
  case when ${order} = 'desc' or ${tx}::xid8 <= pg_snapshot_xmax(pg_current_snapshot()) then ${tx}::xid8 else '0' end)`;

/**
 * After a dump was restored into another cluster, events carry transactions that are yet to come there: they would be
 * hidden, and what is appended would sort before them. They are moved to this moment, in the order of their numbers.
 * To be called before anything is appended; answers how many were moved.
 */
export async function adoptEvents(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ tx: string }>`
    select last.tx from orgs, lateral (
      select tx from events where org_id = orgs.id order by tx desc limit 1
    ) as last
    where last.tx >= pg_snapshot_xmax(pg_current_snapshot()) limit 1`.execute(db);
  if (rows.length === 0) return 0;
  return db.transaction().execute(async (tx) => {
    await sql`lock table events in share row exclusive mode`.execute(tx);
    const moved =
      await sql`update events set tx = pg_current_xact_id() where tx > pg_current_xact_id()`.execute(tx);
    return Number(moved.numAffectedRows ?? 0n);
  });
}

/** Where the ledger ends for readers: a cursor after which only what is not yet to be seen comes. */
export async function latestCursor(db: Db): Promise<string> {
  const { rows } = await sql<{ tx: string }>`select pg_snapshot_xmin(pg_current_snapshot()) as tx`.execute(
    db,
  );
  return `${rows[0]?.tx ?? 0}-0`;
}
