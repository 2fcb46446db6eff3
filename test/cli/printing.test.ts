import { expect, test } from '@jest/globals';
import { jsonText, oneLine, shortened, widthOf } from '../../src/cli/plain-text.js';
import { Printer, type PrintOptions } from '../../src/cli/printer.js';
import { moment, status, text, type View } from '../../src/cli/view.js';
import { untilEnded } from '../../src/cli/wait.js';

interface Thing {
  id: string;
  state: string;
  name: string;
  at: string | null;
}

const THING: View<Thing> = {
  id: ({ id }) => id,
  columns: [
    text('id', ({ id }) => id),
    status('status', ({ state }) => state),
    text('name', ({ name }) => name),
    moment('at', ({ at }) => at),
  ],
  empty: 'Nothing yet: make one.',
};

const things: Thing[] = [
  { id: 'a1', state: 'fired', name: 'first', at: new Date(Date.now() - 180_000).toISOString() },
  { id: 'a2', state: 'dead', name: 'second', at: null },
];

function printed(
  act: (print: Printer) => void,
  { isTerminal = true, columns = 80, ...options }: Wish = {},
): string {
  let out = '';
  const screen = {
    ...{ isTerminal, isAttended: false, columns, toldColumns: columns, rows: 24 },
    write: (words: string) => {
      out += words;
    },
    tell: () => undefined,
    paint: (style: unknown, words: string) => (style === 'bold' ? words : `<${style}>${words}</>`),
  };
  act(new Printer(screen, options));
  return out;
}
type Wish = PrintOptions & { isTerminal?: boolean; columns?: number };

test('a person sees a table, with words for moments and colours for states', () => {
  expect(printed((print) => print.list(THING, things)).split('\n')).toEqual([
    'id  status  name    at',
    'a1  <green>fired</>   first   3 min ago',
    'a2  <red>dead</>    second  <dim>-</>',
    '',
  ]);
});

test('a program gets lines with tabs, without titles, and whole moments', () => {
  const out = printed((print) => print.list(THING, things), { isTerminal: false });
  expect(out).toBe(`a1\tfired\tfirst\t${things[0]?.at}\na2\tdead\tsecond\t\n`);
});

test('where there is nothing, a person is told how to begin, a program nothing', () => {
  expect(printed((print) => print.list(THING, []))).toBe('Nothing yet: make one.\n');
  expect(printed((print) => print.list(THING, []), { isTerminal: false })).toBe('');
  expect(printed((print) => print.list(THING, []), { json: true })).toBe('[]\n');
});

test('a narrow terminal shortens names, never ids', () => {
  const long = { ...things[1], id: 'x'.repeat(36), name: 'n'.repeat(60) } as Thing;
  const [, line = ''] = printed((print) => print.list(THING, [long]), { columns: 70 }).split('\n');
  expect(line).toContain('x'.repeat(36));
  expect(line).toContain('n…');
});

test('no line of a table is wider than the terminal: what there is no room for is left out', () => {
  const long = { ...things[0], id: 'x'.repeat(36), name: 'n'.repeat(60) } as Thing;
  const ofWidth = (columns: number) => printed((print) => print.list(THING, [long]), { columns }).split('\n');
  expect(ofWidth(65)[1]).toBe(`${long.id}  <green>fired</>   ${'n'.repeat(7)}…  3 min ago`);
  expect(ofWidth(60)[1]).toBe(`${long.id}  <green>fired</>   ${'n'.repeat(13)}…`);
  expect(ofWidth(40)).toEqual(['id', long.id, '']);
});

test('one thing has a line for each of its facts, and none for what it has not', () => {
  expect(printed((print) => things[1] && print.one(THING, things[1]))).toBe(
    'id      a2\nstatus  <red>dead</>\nname    second\n',
  );
});

test('nothing that comes from elsewhere commands the terminal', () => {
  const evil = { id: 'x', state: 'fired', name: 'a\u001b[2Jb\u009b31m\nc', at: null };
  for (const isTerminal of [true, false]) {
    const out = printed((print) => print.list(THING, [evil]), { isTerminal });
    expect(out).toContain('a\\x1b[2Jb\\x9b31m c');
  }
  expect(oneLine('\u0007bell')).toBe('\\x07bell');
  expect(jsonText({ a: '\u009b1m' })).toBe('{"a":"\\u009b1m"}');
});

test('wide characters take two columns', () => {
  expect(widthOf('日本')).toBe(4);
  expect(widthOf('é')).toBe(1);
  expect(shortened('日本語', 5)).toBe('日本…');
});

test('what is waited for is told in one line, shorter than the terminal, with nothing that commands it', async () => {
  let told = '';
  const screen = {
    ...{ isTerminal: false, isAttended: true, columns: 80, toldColumns: 40, rows: 24 },
    write: () => undefined,
    tell: (words: string) => {
      told += words;
    },
    paint: (_: unknown, words: string) => words,
  };
  await untilEnded(screen, 'waiting', {
    read: () => new Promise((resolve) => setTimeout(() => resolve('ended'), 1_100)),
    hasEnded: (state) => state === 'ended',
    describe: () => `\u001b[2J${'n'.repeat(60)}`,
  });
  const [line = ''] = told.split('\r\u001b[2K').filter((words) => words !== '');
  expect(line).toMatch(/^Waiting 1 s for \\x1b\[2Jn+…$/);
  expect(widthOf(line)).toBe(39);
});
