import { oneLine, shortened, widthOf } from './plain-text.js';
import type { Screen } from './screen.js';
import type { Cell, Part, Table } from './view.js';

const GAP = '  ';
const NARROWEST_COLUMN = 8;

const GOOD = ['fired', 'delivered', 'completed', 'processed', 'active', 'online', 'running', 'healthy', 'ok'];
const BAD = ['failed', 'dead', 'timed_out', 'suspended', 'offline', 'unhealthy', 'fail'];
const OPEN = ['firing', 'pending', 'awaiting_approval', 'busy', 'paused', 'warn'];

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** `3 min`: in the largest unit that it fills. */
export function lengthOf(millis: number): string {
  const whole = Math.round(millis / 1_000) * 1_000;
  const [unit, size] = UNITS.find(([, size]) => whole >= size) ?? ['s', 1_000];
  return `${Math.floor(whole / size)} ${unit}`;
}

function relative(iso: string, now: number): string {
  const millis = Date.parse(iso) - now;
  if (Number.isNaN(millis)) return iso;
  if (Math.abs(millis) < 1_000) return 'now';
  return millis > 0 ? `in ${lengthOf(millis)}` : `${lengthOf(-millis)} ago`;
}

const nothing = (value: Cell['value']) => value === null || value === '';

function wordOf({ kind, value }: Cell, now: number): string {
  if (nothing(value)) return '-';
  if (kind === 'moment' && typeof value === 'string') return relative(value, now);
  return oneLine(String(value));
}

function styleOf({ kind, value }: Cell): 'green' | 'red' | 'yellow' | 'dim' | undefined {
  if (nothing(value)) return 'dim';
  if (kind !== 'status' || typeof value !== 'string') return undefined;
  if (GOOD.includes(value)) return 'green';
  if (BAD.includes(value)) return 'red';
  return OPEN.includes(value) ? 'yellow' : undefined;
}

interface Span {
  width: number;
  /** What can still be read. */
  least: number;
}

/**
 * As many columns as there is room for: texts give way, the widest first; then the last columns are left out. The first
 * is kept whole: an id is there to be copied.
 */
function fitted(columns: Span[], room: number): Span[] {
  const sum = (widths: number[]) => widths.reduce((all, width) => all + width + GAP.length, -GAP.length);
  let shown = columns;
  while (shown.length > 1 && sum(shown.map(({ least }) => least)) > room) shown = shown.slice(0, -1);
  for (let over = sum(shown.map(({ width }) => width)) - room; over > 0; over--) {
    const [widest] = shown
      .filter(({ width, least }) => width > least)
      .toSorted((one, other) => other.width - one.width);
    if (!widest) break;
    shown = shown.map((span) => (span === widest ? { ...span, width: span.width - 1 } : span));
  }
  return shown;
}

/** States and moments are whole, or not there. */
function spansOf({ titles, rows }: Table, words: string[][]): Span[] {
  return titles.map((title, index) => {
    const width = Math.max(widthOf(title), ...words.map((row) => widthOf(row[index] ?? '')));
    const mayGiveWay = index > 0 && rows.every((row) => row[index]?.kind === 'text');
    return { width, least: mayGiveWay ? Math.min(width, NARROWEST_COLUMN) : width };
  });
}

/** A table for a person, a line each, the titles first. */
export function tableLines(table: Table, screen: Screen, now: number): string[] {
  const { titles, rows } = table;
  const words = rows.map((row) => row.map((cell) => wordOf(cell, now)));
  const spans = fitted(spansOf(table, words), screen.columns);
  const line = (texts: string[], paint: (text: string, index: number) => string) =>
    spans
      .map(({ width }, index) => {
        const cut = shortened(texts[index] ?? '', width);
        const isLast = index === spans.length - 1;
        return paint(cut, index) + (isLast ? '' : ' '.repeat(width - widthOf(cut)));
      })
      .join(GAP);
  const painted = (row: Cell[]) => (text: string, index: number) => {
    const style = row[index] && styleOf(row[index]);
    return style ? screen.paint(style, text) : text;
  };
  return [
    line(titles, (text) => screen.paint('bold', text)),
    ...words.map((texts, index) => line(texts, painted(rows[index] ?? []))),
  ];
}

/** One thing for a person: a line for each of its facts, then its parts. */
export function factLines(facts: [title: string, cell: Cell][], parts: Part[], screen: Screen): string[] {
  const now = Date.now();
  const width = Math.max(...facts.map(([title]) => widthOf(title)));
  const lines = facts.map(([title, cell]) => {
    const isMoment = cell.kind === 'moment' && !nothing(cell.value);
    const word = isMoment ? `${cell.value}  (${wordOf(cell, now)})` : wordOf(cell, now);
    const style = styleOf(cell);
    const label = screen.paint('bold', title) + ' '.repeat(width - widthOf(title));
    return `${label}${GAP}${style ? screen.paint(style, word) : word}`;
  });
  for (const { title, table } of parts) {
    lines.push('', screen.paint('bold', title), ...tableLines(table, screen, now));
  }
  return lines;
}

/** Of a program: nothing shortened, nothing relative. */
export const plainCell = ({ value }: Cell): string => (nothing(value) ? '' : oneLine(String(value)));
