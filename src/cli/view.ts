/** What a column or a line shows; how depends on who reads it. */
export interface Cell {
  kind: 'text' | 'status' | 'moment';
  value: string | number | boolean | null;
}

export interface Column<Item> {
  title: string;
  of: (item: Item) => Cell;
}

type Value = Cell['value'] | undefined;

const column =
  (kind: Cell['kind']) =>
  <Item>(title: string, of: (item: Item) => Value): Column<Item> => ({
    title,
    of: (item) => ({ kind, value: of(item) ?? null }),
  });

export const text = column('text');
/** Coloured by whether it is good or bad. */
export const status = column('status');
/** ISO 8601; for a person how long ago, or how soon. */
export const moment = column('moment');

export interface Table {
  titles: string[];
  rows: Cell[][];
}

/** Something below the lines of a single thing. */
export interface Part {
  title: string;
  table: Table;
}

/** How a kind of thing is shown. */
export interface View<Item> {
  /** What `--quiet` prints. */
  id: (item: Item) => string;
  /** In a list, and first of a single one. */
  columns: Column<Item>[];
  /** Of a single one, besides. */
  more?: Column<Item>[];
  parts?: (item: Item) => Part[];
  /** Said to a person in place of an empty list. */
  empty: string;
}

export const tableOf = <Item>(columns: Column<Item>[], items: readonly Item[]): Table => ({
  titles: columns.map(({ title }) => title),
  rows: items.map((item) => columns.map(({ of }) => of(item))),
});

/** The same as a part; none where there is nothing in it. */
export const partOf = <Item>(title: string, columns: Column<Item>[], items: readonly Item[]): Part[] =>
  items.length === 0 ? [] : [{ title, table: tableOf(columns, items) }];

const isEmpty = (value: unknown) =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);

/** What has a shape of its own, on one line; null where there is nothing in it. */
export const asJson = (value: unknown): string | null => (isEmpty(value) ? null : JSON.stringify(value));
