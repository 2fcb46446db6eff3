/** The items of a list, page by page as they are asked for: `for await (const timer of client.timers.list())`. */
export interface Listing<Item> extends AsyncIterable<Item> {
  /** The same, a whole page at a time. */
  pages(): AsyncIterable<Item[]>;
}

interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

export function createListing<Item>(
  read: (cursor: string | undefined) => Promise<Page<Item>>,
): Listing<Item> {
  async function* pages() {
    let cursor: string | undefined;
    do {
      const page = await read(cursor);
      yield page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }
  async function* items() {
    for await (const page of pages()) yield* page;
  }
  return { pages, [Symbol.asyncIterator]: items };
}
