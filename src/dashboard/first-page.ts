import type { Listing } from '../client/index.js';

/** What a list begins with. */
export async function firstPage<Item>(listing: Listing<Item>): Promise<Item[]> {
  for await (const page of listing.pages()) return page;
  return [];
}
