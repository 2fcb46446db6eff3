import type { Position } from '../db/timers.js';
import { invalid } from './problem.js';

/** An opaque text that names a position. */
export const encodeCursor = ({ createdAt, id }: Position): string =>
  Buffer.from(`${createdAt.getTime()}.${id}`).toString('base64url');

const PLAIN_CURSOR = /^(\d{1,15})\.([\x21-\x7e]{1,400})$/;

/** Throws `invalid` for a text that {@link encodeCursor} did not make; no cursor is the first page. */
export function decodeCursor(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined;
  const [, millis, id] = PLAIN_CURSOR.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (millis === undefined || id === undefined) {
    throw invalid([{ path: 'cursor', message: 'is not a cursor: send nextCursor of the page before' }]);
  }
  return { createdAt: new Date(Number(millis)), id };
}

/** A long page is read in slices: in one go it would hold up timers that are due, at the database and in this process. */
const SLICE = 50;

/** A page of a list: `read` reads rows after a position, `answer` makes them into what is answered. */
export async function readPage<Row extends { created_at: Date; id: string }, Item>(
  { limit, cursor }: { limit: number; cursor?: string | undefined },
  read: (limit: number, position: Position | undefined) => Promise<readonly Row[]>,
  answer: (rows: readonly Row[]) => Promise<Item[]> | Item[],
): Promise<{ items: Item[]; nextCursor: string | null }> {
  const items: Item[] = [];
  let after = cursor;
  for (;;) {
    const most = Math.min(limit - items.length, SLICE);
    const { page, nextCursor } = pageOf(await read(most + 1, decodeCursor(after)), most);
    items.push(...(await answer(page)));
    if (nextCursor === null || items.length === limit) return { items, nextCursor };
    after = nextCursor;
  }
}

/** A page of rows that were read with one more than `limit`, so that the last page is known to be the last. */
export function pageOf<Row extends { created_at: Date; id: string }>(
  rows: readonly Row[],
  limit: number,
): { page: readonly Row[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { page, nextCursor: last ? encodeCursor({ createdAt: last.created_at, id: last.id }) : null };
}
