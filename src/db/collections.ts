import { type Selectable, sql } from 'kysely';
import type { Db } from './database.js';
import type { CollectionItemTable, CollectionTable } from './tables-of-tools.js';

export type CollectionRow = Selectable<CollectionTable>;
export type CollectionItemRow = Selectable<CollectionItemTable>;

/** Something that is put into a collection. */
export interface NewItem {
  item_id: string;
  note?: string | undefined;
}

/** Makes a collection; undefined where its id or its name is taken. */
export async function insertCollection(
  db: Db,
  { id, orgId, name, description }: { id: string; orgId: string; name: string; description: string },
): Promise<CollectionRow | undefined> {
  return db
    .insertInto('collections')
    .values({ id, org_id: orgId, name, description })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** By its id or its name. */
export async function findCollection(
  db: Db,
  orgId: string,
  idOrName: string,
): Promise<CollectionRow | undefined> {
  return db
    .selectFrom('collections')
    .selectAll()
    .where('org_id', '=', orgId)
    .where((row) => row.or([row('id', '=', idOrName), row('name', '=', idOrName)]))
    .orderBy(sql`id <> ${idOrName}`)
    .limit(1)
    .executeTakeFirst();
}

/** Keeps a collection, and with it its items, from others until the transaction ends. */
export async function lockCollection(tx: Db, { org_id, id }: CollectionRow): Promise<void> {
  await sql`select id from collections where org_id = ${org_id} and id = ${id} for no key update`.execute(tx);
}

/** By name, with how many items each has. */
export async function listCollections(
  db: Db,
  orgId: string,
  limit: number,
): Promise<(CollectionRow & { items: number })[]> {
  const { rows } = await sql<CollectionRow & { items: number }>`
    select c.*, (
      select count(*)::int from collection_items i where i.org_id = ${orgId} and i.collection_id = c.id) as items
    from collections c where c.org_id = ${orgId} order by c.name limit ${limit}`.execute(db);
  return rows;
}

export async function countCollections(db: Db, orgId: string): Promise<number> {
  const { count } = await db
    .selectFrom('collections')
    .select((row) => row.fn.countAll().as('count'))
    .where('org_id', '=', orgId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The items of a collection, in their order. */
export async function listItems(
  db: Db,
  { org_id: orgId, id }: Pick<CollectionRow, 'org_id' | 'id'>,
): Promise<CollectionItemRow[]> {
  return db
    .selectFrom('collection_items')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('collection_id', '=', id)
    .orderBy('position')
    .orderBy('item_id')
    .execute();
}

/** Puts items at the end; one that is there already keeps its place and takes the new note. */
export async function addItems(
  tx: Db,
  { org_id, id }: CollectionRow,
  items: readonly NewItem[],
): Promise<void> {
  await sql`
    insert into collection_items (collection_id, org_id, item_id, position, note)
    select ${id}, ${org_id}, item_id, place + coalesce((
      select max(position) from collection_items where org_id = ${org_id} and collection_id = ${id}), 0), note
    from rows from (json_to_recordset(${JSON.stringify(items)}::json) as (item_id text, note text))
      with ordinality as given (item_id, note, place)
    on conflict (collection_id, item_id)
      do update set note = coalesce(excluded.note, collection_items.note)`.execute(tx);
  await touch(tx, { org_id, id });
}

/** Answers how many there were. */
export async function removeItems(
  tx: Db,
  { org_id, id }: CollectionRow,
  itemIds: readonly string[],
): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('collection_items')
    .where('org_id', '=', org_id)
    .where('collection_id', '=', id)
    .where('item_id', 'in', itemIds)
    .executeTakeFirst();
  await touch(tx, { org_id, id });
  return Number(numDeletedRows);
}

/** These come first, in this order; the others follow in theirs. */
export async function orderItems(
  tx: Db,
  { org_id, id }: CollectionRow,
  itemIds: readonly string[],
): Promise<void> {
  await sql`
    with wanted as (
      select item_id, place
      from json_array_elements_text(${JSON.stringify(itemIds)}::json) with ordinality as given (item_id, place)),
    placed as (
      select item_id, row_number() over (order by wanted.place nulls last, position, item_id) as place
      from collection_items left join wanted using (item_id)
      where org_id = ${org_id} and collection_id = ${id})
    update collection_items set position = placed.place from placed
    where org_id = ${org_id} and collection_id = ${id} and collection_items.item_id = placed.item_id`.execute(
    tx,
  );
  await touch(tx, { org_id, id });
}

async function touch(tx: Db, { org_id, id }: Pick<CollectionRow, 'org_id' | 'id'>): Promise<void> {
  await sql`
    update collections set updated_at = date_trunc('milliseconds', now())
    where org_id = ${org_id} and id = ${id}`.execute(tx);
}

/** With its items. */
export async function deleteCollection(db: Db, { org_id, id }: CollectionRow): Promise<void> {
  await db.deleteFrom('collections').where('org_id', '=', org_id).where('id', '=', id).execute();
}
