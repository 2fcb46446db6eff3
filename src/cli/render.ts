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

/** The widest columns give way, but not the first: an id is there to be copied. */
function fitted(widths: number[], room: number): number[] {
  const [first = 0, ...others] = widths;
  const used = () => others.reduce((sum, width) => sum + width, first) + GAP.length * others.length;
  while (used() > room) {
    const widest = Math.max(...others);
    if (others.length === 0 || widest <= NARROWEST_COLUMN) break;
    others[others.indexOf(widest)] = widest - 1;
  }
  return [first, ...others];
}

/** A table for a person, a line each, the titles first. */
export function tableLines({ titles, rows }: Table, screen: Screen, now: number): string[] {
  const words = rows.map((row) => row.map((cell) => wordOf(cell, now)));
  const natural = titles.map((title, index) =>
    Math.max(widthOf(title), ...words.map((row) => widthOf(row[index] ?? ''))),
  );
  const widths = fitted(natural, screen.columns);
  const line = (texts: string[], paint: (text: string, index: number) => string) =>
    texts
      .map((text, index) => {
        const cut = shortened(text, widths[index] ?? 0);
        const isLast = index === texts.length - 1;
        return paint(cut, index) + (isLast ? '' : ' '.repeat((widths[index] ?? 0) - widthOf(cut)));
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
