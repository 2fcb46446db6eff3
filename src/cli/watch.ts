import { setTimeout as sleep } from 'node:timers/promises';
import { MainspringError } from '../client/index.js';
import { shortened } from './plain-text.js';
import type { Printer } from './printer.js';
import type { View } from './view.js';

const CLEAR_BELOW = '\u001b[0J';
const up = (lines: number) => (lines === 0 ? '' : `\u001b[${lines}A\r`);
/** The prompt's line, and the last of ours. */
const KEPT_ROWS = 2;

const isPassing = (error: unknown): error is MainspringError =>
  error instanceof MainspringError && (error.status === 0 || error.status === 503 || error.status === 429);

interface Watched<Item> {
  view: View<Item>;
  read: () => Promise<Item[]>;
  /** In ms. */
  every: number;
}

/** Writes the same place of the terminal over and over, as long as it is looked at. */
function board<Item>(print: Printer, view: View<Item>): (items: Item[], note: string) => void {
  let height = 0;
  return (items, note) => {
    const { screen } = print;
    const lines = [
      ...print.listLines(view, items).slice(0, screen.rows - KEPT_ROWS),
      screen.paint('dim', note),
    ];
    screen.write(`${up(height)}${CLEAR_BELOW}${lines.join('\n')}\n`);
    height = lines.length;
  };
}

/** Prints each item that is new or has changed. */
function changes<Item>(print: Printer, view: View<Item>): (items: Item[]) => void {
  let known = new Map<string, string>();
  return (items) => {
    const now = new Map(items.map((item) => [view.id(item), JSON.stringify(item)]));
    for (const item of items.toReversed()) {
      const id = view.id(item);
      if (known.get(id) !== now.get(id)) print.line(view, item);
    }
    known = now;
  };
}

const PAUSE_MS = 2_000;

interface Followed<Item> {
  view: View<Item>;
  /** Throws what says that it can never be followed. */
  check: () => Promise<unknown>;
  open: (lastId: string | undefined) => AsyncIterable<Item>;
  lastId: string | undefined;
}

/** Prints what comes, a line each, until it is ended. Once it was found well, an outage of the server is waited out. */
export async function follow<Item>(
  print: Printer,
  { view, check, open, lastId: begin }: Followed<Item>,
): Promise<never> {
  await check();
  let lastId = begin;
  let outage: string | undefined;
  for (;;) {
    try {
      for await (const item of open(lastId)) {
        outage = undefined;
        print.line(view, item);
        lastId = view.id(item);
      }
    } catch (error) {
      if (!isPassing(error)) throw error;
      // Once, however long it lasts.
      if (outage !== error.detail) print.screen.tell(`${error.detail}; trying again\n`);
      outage = error.detail;
    }
    await sleep(PAUSE_MS);
  }
}

/**
 * Looks at a list again and again, until it is ended (Ctrl-C): a person sees the list as it is, a program a line for each
 * change. Once it has answered, an outage of the server is waited out.
 */
export async function watchList<Item>(print: Printer, { view, read, every }: Watched<Item>): Promise<never> {
  const show = print.isForPeople ? board(print, view) : changes(print, view);
  const note = `Every ${every / 1_000} s; Ctrl-C ends it`;
  let items = await read();
  show(items, note);
  let outage: string | undefined;
  for (;;) {
    await sleep(every);
    try {
      items = await read();
      show(items, note);
      outage = undefined;
    } catch (error) {
      if (!isPassing(error)) throw error;
      const words = shortened(`${error.detail}; trying again`, print.screen.columns);
      if (print.isForPeople) show(items, words);
      else if (outage !== error.detail) print.screen.tell(`${words}\n`);
      outage = error.detail;
    }
  }
}
