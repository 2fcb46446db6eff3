import { MainspringError } from './error.js';

/** The items of a list, page by page as they are asked for: `for await (const timer of client.timers.list())`. */
export interface Listing<Item> extends AsyncIterable<Item> {
  /** The same, a whole page at a time. */
  pages(): AsyncIterable<Item[]>;
}

interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

const NO_LIST = { code: 'unexpected', status: 200, detail: 'the server answered 200: no list' } as const;

export function createListing<Item>(
  read: (cursor: string | undefined) => Promise<Page<Item>>,
): Listing<Item> {
  async function* pages() {
    let cursor: string | undefined;
    do {
      const page = await read(cursor);
      if (!Array.isArray(page.items)) throw new MainspringError(NO_LIST);
      yield page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }
  async function* items() {
    for await (const page of pages()) yield* page;
  }
  return { pages, [Symbol.asyncIterator]: items };
}
