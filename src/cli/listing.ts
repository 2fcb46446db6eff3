import { type Command, Option } from 'commander';
import type { Listing } from '../client/index.js';
import { count, millis } from './read-option.js';
import { onApi, type Session } from './session.js';
import type { View } from './view.js';
import { watchList } from './watch.js';

/** Of a page of the API. */
const LARGEST_PAGE = 500;
export const USUAL_LIMIT = 50;
const USUAL_EVERY_MS = 2_000;

export const limitOption = (): Option =>
  new Option('--limit <n>', `at most so many (${USUAL_LIMIT})`).argParser(count);

interface ListOptions {
  limit?: number;
  all?: boolean;
  watch?: boolean;
  every?: number;
}

export async function firstOf<Item>(listing: AsyncIterable<Item>, limit: number): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of listing) {
    items.push(item);
    if (items.length >= limit) break;
  }
  return items;
}

/** Makes a command that lists: how many, all of them, or as they change. */
export function listing<Item, Filter extends object>(
  command: Command,
  view: View<Item>,
  list: (
    session: Session,
    filter: Filter & { limit: number },
    ...args: string[]
  ) => Listing<Item> | Promise<Listing<Item>>,
): Command {
  command
    .addOption(limitOption())
    .option('--all', 'all of them')
    .option('--watch', 'again and again: the list as it is, or piped a line for each change')
    .addOption(
      new Option('--every <time>', 'watch so often (2s)').argParser(millis).implies({ watch: true }),
    );
  return onApi<Filter & ListOptions>(command, async (session, options, ...args) => {
    const { limit = USUAL_LIMIT, all, watch, every = USUAL_EVERY_MS } = options;
    const most = all ? Number.POSITIVE_INFINITY : limit;
    const read = async () =>
      firstOf(await list(session, { ...options, limit: Math.min(most, LARGEST_PAGE) }, ...args), most);
    if (watch) await watchList(session.print, { view, read, every });
    else session.print.list(view, await read());
  });
}
