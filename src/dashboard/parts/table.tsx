import type { ComponentChildren } from 'preact';
import type { LiveList } from '../live.js';
import { Failure } from './words.js';

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ComponentChildren;
  /** Of numbers and of buttons. */
  align?: 'end';
  /** What a row is known by: the head of its card on a phone. */
  isMain?: boolean;
  /** Gets more room than others where its text may be cut. */
  isWide?: boolean;
  /** The title is for screen readers only, as over buttons. */
  isTitleUnseen?: boolean;
}

export interface TableOf<Row> {
  /** What the table lists, for screen readers. */
  caption: string;
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
}

const SKELETON_ROWS = 6;
const WIDTHS = ['70%', '45%', '60%', '35%', '55%', '40%'];

function Head<Row>({ columns }: Pick<TableOf<Row>, 'columns'>) {
  return (
    <thead>
      <tr>
        {columns.map(({ title, align, isTitleUnseen }) => (
          <th key={title} scope="col" data-align={align}>
            {isTitleUnseen ? <span class="unseen">{title}</span> : title}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function SkeletonRows({ columns }: { columns: number }) {
  return Array.from({ length: SKELETON_ROWS }, (_, row) => (
    <tr key={row}>
      {Array.from({ length: columns }, (_, column) => (
        <td key={column} data-label="">
          <span class="skeleton" style={{ width: WIDTHS[(row + column) % WIDTHS.length] }} />
        </td>
      ))}
    </tr>
  ));
}

/** Rows under their heads; on a phone a card each. Without rows yet, where they will be. */
export function Table<Row>({
  caption,
  columns,
  keyOf,
  rows,
}: TableOf<Row> & { rows: readonly Row[] | undefined }) {
  return (
    <div class="table-box">
      <table data-cards="true" aria-busy={rows === undefined}>
        <caption class="unseen">{caption}</caption>
        <Head columns={columns} />
        <tbody>
          {rows === undefined ? <SkeletonRows columns={columns.length} /> : null}
          {rows?.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, cell, align, isMain, isWide, isTitleUnseen }) => (
                <td
                  key={title}
                  data-align={align}
                  data-main={isMain}
                  data-wide={isWide}
                  data-label={isTitleUnseen ? '' : title}
                >
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A list that keeps itself up to date, with what is said where it is empty or cannot be read. */
export function ListPanel<Row>(
  props: TableOf<Row> & { live: LiveList<Row>; empty: ComponentChildren; label: string },
) {
  const { live, empty, label, ...table } = props;
  const { data, error, hasMore } = live;
  return (
    <section class="panel" aria-label={label}>
      {error === undefined ? null : <Failure text={error} retry={live.reload} />}
      {data === undefined && error !== undefined ? null : data?.length === 0 ? (
        empty
      ) : (
        <Table {...table} rows={data} />
      )}
      {data && data.length > 0 && hasMore ? (
        <div class="more">
          <span>The first {data.length}</span>
          <button type="button" class="button" data-size="small" onClick={live.more}>
            Load more
          </button>
        </div>
      ) : null}
    </section>
  );
}
