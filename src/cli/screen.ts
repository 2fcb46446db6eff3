import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where a command writes to, and what is there: a person at a terminal, or another program. */
export interface Screen {
  /** Whether answers are seen by a person: tables, words for moments, colours. */
  isTerminal: boolean;
  /** Whether what is told besides is. */
  isAttended: boolean;
  /** In characters; of what is told besides `toldColumns`. */
  columns: number;
  toldColumns: number;
  rows: number;
  write(text: string): void;
  /** Besides the answer: on stderr. */
  tell(text: string): void;
  /** Answers the text as it is where there are no colours: piped, `NO_COLOR`, a dumb terminal. */
  paint(style: Style, text: string): string;
}

/** Of terminals that do not say. */
const USUAL = { columns: 80, rows: 24 };

export function ownScreen(): Screen {
  const { stdout, stderr } = process;
  const isTerminal = stdout.isTTY === true;
  const hasColours = isTerminal && stdout.hasColors();
  return {
    isTerminal,
    isAttended: stderr.isTTY === true,
    // Asked each time: a window may be made smaller.
    get columns() {
      return isTerminal ? stdout.columns || USUAL.columns : Number.POSITIVE_INFINITY;
    },
    get toldColumns() {
      return stderr.isTTY ? stderr.columns || USUAL.columns : Number.POSITIVE_INFINITY;
    },
    get rows() {
      return isTerminal ? stdout.rows || USUAL.rows : Number.POSITIVE_INFINITY;
    },
    write: (text) => void stdout.write(text),
    tell: (text) => void stderr.write(text),
    paint: (style, text) => (hasColours ? styleText(style, text) : text),
  };
}
