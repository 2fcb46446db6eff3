import { expect, test } from '@jest/globals';
import { type Cell, type Report, renderReport } from '../../src/domain/report.js';

const report = (...cells: Cell[]): Report => ({
  title: 'Users',
  from: '2030-01-01T00:00:00.000Z',
  to: '2030-01-31T00:00:00.000Z',
  summary: [{ label: 'Active users', value: 2 }],
  columns: cells.map((_, index) => `column_${index}`),
  rows: [cells],
});
const cellOf = (text: string) =>
  String(renderReport(report(text), 'csv'))
    .split('\r\n')
    .slice(1)
    .join('\r\n');

test('JSON keeps numbers, texts and what is missing as they are', () => {
  expect(renderReport(report('a', 1.5, null), 'json')).toEqual({
    title: 'Users',
    from: '2030-01-01T00:00:00.000Z',
    to: '2030-01-31T00:00:00.000Z',
    summary: [{ label: 'Active users', value: 2 }],
    rows: [{ column_0: 'a', column_1: 1.5, column_2: null }],
  });
});

test.each([
  '=HYPERLINK("http://evil.example")',
  '+1+1',
  '-1+1',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  ' =1',
  '\n=1',
  '\u00a0=1',
  '＝1',
  '\0=1',
])('CSV: %j is text to a spreadsheet, no formula', (text) => {
  expect(cellOf(text)).toMatch(/^"?'/);
});

test('CSV: commas, quotes and line ends stay in their cell; numbers stay numbers', () => {
  expect(renderReport(report('a,b', 'say "hi"', 'two\nlines', -5, null), 'csv')).toBe(
    'column_0,column_1,column_2,column_3,column_4\r\n"a,b","say ""hi""","two\nlines",-5,\r\n',
  );
});

test.each(['<script>alert(1)</script>', '" onmouseover="x', "' onload='x", '&lt;b&gt;', '<img src=x>'])(
  'HTML: %j is shown and not run, in a cell, the title and the summary',
  (text) => {
    const page = String(
      renderReport(
        { ...report(text), title: text, summary: [{ label: text, value: text }], columns: [text] },
        'html',
      ),
    );
    expect(page).not.toContain(text);
    expect(page.match(/<(\w+)/g)).not.toContain('<script');
    expect(page.match(/<(\w+)/g)).not.toContain('<img');
    expect(page).toContain("default-src 'none'");
  },
);

test.each([
  ['a | b', 'a \\| b'],
  ['two\nlines\r\nmore', 'two lines more'],
  ['[click](http://evil.example)', '\\[click\\](http\\://evil.example)'],
  ['![pixel](https://evil.example/x.png)', '\\!\\[pixel\\](https\\://evil.example/x.png)'],
  ['<script>', '\\<script\\>'],
  ['`code` *bold* _it_ ~no~', '\\`code\\` \\*bold\\* \\_it\\_ \\~no\\~'],
  ['www.evil.example', 'www\\.evil.example'],
  ['somebody@evil.example', 'somebody\\@evil.example'],
  ['&amp;', '\\&amp;'],
  ['# no heading', '\\# no heading'],
  ['1. no list', '1\\. no list'],
  ['- no list', '\\- no list'],
])('Markdown: %j is text in its cell', (text, written) => {
  expect(
    String(renderReport(report(text), 'markdown'))
      .split('\n')
      .at(-2),
  ).toBe(`| ${written} |`);
});

test('Markdown: a report is a heading, what it comes to, and a table', () => {
  expect(renderReport(report('a', 1), 'markdown')).toBe(
    [
      '# Users',
      '',
      '2030-01-01T00:00:00.000Z – 2030-01-31T00:00:00.000Z',
      '',
      '- Active users: 2',
      '',
      '| column\\_0 | column\\_1 |',
      '| --- | --- |',
      '| a | 1 |',
      '',
    ].join('\n'),
  );
});
