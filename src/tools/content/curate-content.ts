import { z } from 'zod';
import {
  addItems,
  type CollectionRow,
  countCollections,
  deleteCollection,
  findCollection,
  insertCollection,
  listCollections,
  listItems,
  lockCollection,
  orderItems,
  removeItems,
} from '../../db/collections.js';
import type { Db } from '../../db/database.js';
import { InvalidInput } from '../../plugin/define-tool.js';
import { type BuiltinContext, defineBuiltin } from '../builtin.js';
import { idOfCall } from '../id-of-call.js';

const MOST_COLLECTIONS = 1_000;
const MOST_ITEMS = 1_000;
const MOST_AT_ONCE = 100;

const Item = z.strictObject({
  item_id: z.string().min(1).max(200).describe('Such as the id of a listing'),
  note: z.string().max(1_000).optional().describe('Why it is in the collection'),
});

/** One flat object: providers of models take no alternatives at the root of a schema. */
const Arguments = z
  .strictObject({
    action: z.enum(['create', 'add', 'remove', 'reorder', 'list', 'get', 'delete']),
    collection: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .optional()
      .describe('Its name or its id; a name for create. Not for list'),
    description: z.string().max(2_000).default('').describe('Of a collection that is created'),
    items: z
      .array(Item)
      .max(MOST_AT_ONCE)
      .default([])
      .describe('To create with, to add, to remove, or the ones that come first after reorder'),
  })
  .superRefine(({ action, collection, items }, ctx) => {
    if (action !== 'list' && collection === undefined)
      ctx.addIssue({ code: 'custom', path: ['collection'], message: `is needed to ${action}` });
    if (['add', 'remove', 'reorder'].includes(action) && items.length === 0)
      ctx.addIssue({ code: 'custom', path: ['items'], message: `are needed to ${action}` });
  });
type Arguments = z.infer<typeof Arguments>;

const answer = (row: CollectionRow) => ({
  id: row.id,
  name: row.name,
  description: row.description,
  updated_at: row.updated_at.toISOString(),
});

async function withItems(db: Db, collection: CollectionRow) {
  const items = await listItems(db, collection);
  return {
    collection: {
      ...answer(collection),
      items: items.map(({ item_id, note }) => ({ item_id, ...(note === null ? {} : { note }) })),
    },
  };
}

/** One entry an item: a statement that writes a row twice fails. */
const once = (items: Arguments['items']) => [...new Map(items.map((item) => [item.item_id, item])).values()];

async function create({ collection: name = '', description, items }: Arguments, context: BuiltinContext) {
  const { database, orgId } = context;
  const id = idOfCall(context);
  return database.db.transaction().execute(async (tx) => {
    if ((await countCollections(tx, orgId)) >= MOST_COLLECTIONS)
      throw new InvalidInput(`there are ${MOST_COLLECTIONS} collections already: delete one first`);
    const made = await insertCollection(tx, { id, orgId, name, description });
    if (made && items.length > 0) await addItems(tx, made, once(items));
    const row = made ?? (await findCollection(tx, orgId, id));
    if (!row) throw new InvalidInput(`there is a collection "${name}" already`);
    return withItems(tx, row);
  });
}

/** Changes a collection, one change after the other. */
async function change(
  { collection: idOrName = '' }: Arguments,
  { database, orgId }: BuiltinContext,
  write: (tx: Db, collection: CollectionRow) => Promise<unknown>,
) {
  return database.db.transaction().execute(async (tx) => {
    const row = await find(tx, orgId, idOrName);
    await lockCollection(tx, row);
    await write(tx, row);
    return withItems(tx, row);
  });
}

async function find(db: Db, orgId: string, idOrName: string): Promise<CollectionRow> {
  const row = await findCollection(db, orgId, idOrName);
  if (!row) throw new InvalidInput(`there is no collection "${idOrName}"`);
  return row;
}

const ACTIONS: Record<Arguments['action'], (args: Arguments, context: BuiltinContext) => Promise<unknown>> = {
  create,
  add: (args, context) =>
    change(args, context, async (tx, collection) => {
      await addItems(tx, collection, once(args.items));
      if ((await listItems(tx, collection)).length > MOST_ITEMS)
        throw new InvalidInput(`a collection has at most ${MOST_ITEMS} items`);
    }),
  remove: (args, context) =>
    change(args, context, (tx, collection) =>
      removeItems(
        tx,
        collection,
        args.items.map(({ item_id }) => item_id),
      ),
    ),
  reorder: (args, context) =>
    change(args, context, (tx, collection) =>
      orderItems(
        tx,
        collection,
        once(args.items).map(({ item_id }) => item_id),
      ),
    ),
  async list(_, { database, orgId }) {
    const rows = await listCollections(database.db, orgId, MOST_COLLECTIONS);
    return { collections: rows.map((row) => ({ ...answer(row), items: row.items })) };
  },
  get: async ({ collection = '' }, { database, orgId }) =>
    withItems(database.db, await find(database.db, orgId, collection)),
  async delete({ collection = '' }, { database, orgId }) {
    // A repeat of a call that deleted it finds none: that is no failure.
    const row = await findCollection(database.db, orgId, collection);
    if (row) await deleteCollection(database.db, row);
    return { collection, deleted: row !== undefined };
  },
};

export const curateContent = defineBuiltin({
  name: 'curate_content',
  version: '1.0',
  category: 'content',
  description:
    'Keeps collections of content, such as of listings. create: makes one, with items if given; add, remove: ' +
    'changes its items; reorder: puts the given items first; get: its items; list: all collections; delete.',
  isRepeatable: true,
  schema: Arguments,
  execute: (args, context) => ACTIONS[args.action](args, context),
});
