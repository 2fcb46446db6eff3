import { jsonText, manyLines, oneLine, shortened, widthOf } from './plain-text.js';
import { factLines, plainCell, tableLines } from './render.js';
import type { Screen } from './screen.js';
import { type Cell, type Column, tableOf, type View } from './view.js';

/** How whoever called wants its answer. */
export interface PrintOptions {
  json?: boolean | undefined;
  quiet?: boolean | undefined;
}

const JSON_INDENT = 2;
const tabbed = (texts: string[]) => `${texts.join('\t')}\n`;

/**
 * Prints answers: tables for a person, lines with tabs for a program, JSON where it was asked for, or ids alone.
 */
export class Printer {
  readonly screen: Screen;
  readonly #options: PrintOptions;
  readonly #widths: number[] = [];

  constructor(screen: Screen, options: PrintOptions) {
    this.screen = screen;
    this.#options = options;
  }

  /** Whether what is printed is for a person. */
  get isForPeople(): boolean {
    return this.screen.isTerminal && !this.#options.json && !this.#options.quiet;
  }

  /** Prints JSON where it was asked for; answers whether it was. */
  #printedJson(value: unknown): boolean {
    if (this.#options.json) this.screen.write(`${jsonText(value, JSON_INDENT)}\n`);
    return this.#options.json === true;
  }

  list<Item>(view: View<Item>, items: readonly Item[]): void {
    if (this.#printedJson(items)) return;
    if (this.isForPeople) this.screen.write(`${this.listLines(view, items).join('\n')}\n`);
    else for (const item of items) this.line(view, item);
  }

  /** A list as a person sees it. */
  listLines<Item>(view: View<Item>, items: readonly Item[]): string[] {
    if (items.length === 0) return [view.empty];
    return tableLines(tableOf(view.columns, items), this.screen, Date.now());
  }

  /** One of a list that goes on: a line of its own, whoever reads it. */
  line<Item>(view: View<Item>, item: Item): void {
    if (this.#options.json) this.screen.write(`${jsonText(item)}\n`);
    else if (this.#options.quiet) this.screen.write(`${oneLine(view.id(item))}\n`);
    else {
      const cells = view.columns.map(({ of }) => plainCell(of(item)));
      this.screen.write(this.isForPeople ? this.#aligned(cells) : tabbed(cells));
    }
  }

  one<Item>(view: View<Item>, item: Item): void {
    const columns = [...view.columns, ...(view.more ?? [])];
    if (this.#printedJson(item)) return;
    if (this.#options.quiet) this.screen.write(`${oneLine(view.id(item))}\n`);
    else if (this.isForPeople) this.#details(view, item, columns);
    else for (const { title, of } of columns) this.screen.write(tabbed([title, plainCell(of(item))]));
  }

  #details<Item>(view: View<Item>, item: Item, columns: Column<Item>[]): void {
    const facts = columns
      .map(({ title, of }): [string, Cell] => [title, of(item)])
      .filter(([, { value }]) => value !== null && value !== '');
    const lines = factLines(facts, view.parts?.(item) ?? [], this.screen);
    this.screen.write(`${lines.join('\n')}\n`);
  }

  /** What was done, to a person in a sentence, to a program as JSON where it wants that. */
  done(sentence: string, value: unknown): void {
    if (this.#printedJson(value)) return;
    if (!this.#options.quiet) this.screen.write(`${oneLine(sentence)}\n`);
  }

  /** Text as it is, such as a log; where JSON is wanted as a string, or the value that it is of. */
  text(content: string, value: unknown = content): void {
    if (this.#printedJson(value)) return;
    const lines = manyLines(content);
    this.screen.write(lines === '' || lines.endsWith('\n') ? lines : `${lines}\n`);
  }

  /** The lines to come are not known: each column is as wide as it has been so far. */
  #aligned(cells: string[]): string {
    const padded = cells.map((cell, index) => {
      const width = Math.max(this.#widths[index] ?? 0, widthOf(cell));
      this.#widths[index] = width;
      return index === cells.length - 1 ? cell : cell + ' '.repeat(width - widthOf(cell));
    });
    return `${shortened(padded.join('  '), this.screen.columns)}\n`;
  }

  /** What must be printed as it is, such as a key that is shown once. */
  facts(entries: Record<string, string | number>): void {
    if (this.#printedJson(entries)) return;
    const width = Math.max(...Object.keys(entries).map(({ length }) => length));
    for (const [title, value] of Object.entries(entries)) {
      const word = oneLine(String(value));
      this.screen.write(this.screen.isTerminal ? `${title.padEnd(width)}  ${word}\n` : tabbed([title, word]));
    }
  }
}
