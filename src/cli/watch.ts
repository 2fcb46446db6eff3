import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { Outage } from './outage.js';
import { shortened, widthOf } from './plain-text.js';
import type { Printer } from './printer.js';
import type { View } from './view.js';

const CLEAR_BELOW = '\u001b[0J';
const up = (lines: number) => (lines === 0 ? '' : `\u001b[${lines}A\r`);
/** The prompt's line, and the last of ours. */
const KEPT_ROWS = 2;

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
    // An id that is wider than the terminal takes more than one row.
    height = lines
      .map((line) => Math.max(1, Math.ceil(widthOf(stripVTControlCharacters(line)) / screen.columns)))
      .reduce((sum, rows) => sum + rows, 0);
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
  const outage = new Outage((words) => print.screen.tell(`${words}\n`));
  for (;;) {
    try {
      for await (const item of open(lastId)) {
        outage.isOver();
        print.line(view, item);
        lastId = view.id(item);
      }
    } catch (error) {
      outage.goesOn(error);
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
  const outage = new Outage((words) => {
    if (!print.isForPeople) print.screen.tell(`${words}\n`);
  });
  for (;;) {
    await sleep(every);
    try {
      items = await read();
      show(items, note);
      outage.isOver();
    } catch (error) {
      const words = outage.goesOn(error);
      if (print.isForPeople) show(items, shortened(words, print.screen.columns));
    }
  }
}
