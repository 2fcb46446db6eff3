import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where a command writes to, and what is there: a person at a terminal, or another program. */
export interface Screen {
  /** Whether answers are seen by a person: tables, words for moments, colours. */
  isTerminal: boolean;
  /** Whether what is told besides is. */
  isAttended: boolean;
  /** In characters. */
  columns: number;
  rows: number;
  write(text: string): void;
  /** Besides the answer: on stderr. */
  tell(text: string): void;
  /** Answers the text as it is where there are no colours: piped, `NO_COLOR`, a dumb terminal. */
  paint(style: Style, text: string): string;
}

const NARROWEST = 40;

export function ownScreen(): Screen {
  const { stdout, stderr } = process;
  const isTerminal = stdout.isTTY === true;
  const hasColours = isTerminal && stdout.hasColors();
  return {
    isTerminal,
    isAttended: stderr.isTTY === true,
    columns: isTerminal ? Math.max(stdout.columns, NARROWEST) : Number.POSITIVE_INFINITY,
    rows: isTerminal ? stdout.rows : Number.POSITIVE_INFINITY,
    write: (text) => void stdout.write(text),
    tell: (text) => void stderr.write(text),
    paint: (style, text) => (hasColours ? styleText(style, text) : text),
  };
}
