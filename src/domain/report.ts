export type Cell = string | number | null;

/** A table with what it comes to, to be written in one of several formats. */
export interface Report {
  title: string;
  /** ISO 8601. */
  from: string;
  to: string;
  summary: readonly { label: string; value: Cell }[];
  columns: readonly string[];
  rows: readonly (readonly Cell[])[];
}

export const REPORT_FORMATS = ['json', 'csv', 'markdown', 'html'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export const MEDIA_TYPES: Record<ReportFormat, string> = {
  json: 'application/json',
  csv: 'text/csv',
  markdown: 'text/markdown',
  html: 'text/html',
};

const textOf = (cell: Cell): string => (cell === null ? '' : String(cell));

function jsonOf({ title, from, to, summary, columns, rows }: Report) {
  return {
    ...{ title, from, to },
    summary: summary.map(({ label, value }) => ({ label, value })),
    rows: rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null]))),
  };
}

/** A spreadsheet takes a cell that begins like this for a formula: `=HYPERLINK(…)`. */
const FORMULA = /^[\s\0]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/;

/** RFC 4180. Text that a spreadsheet would run begins with an apostrophe, which it shows as text. */
function csvCell(cell: Cell): string {
  const text = typeof cell === 'string' && FORMULA.test(cell) ? `'${cell}` : textOf(cell);
  return /[",\r\n\0]|^\s|\s$|^'/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The table alone: what reads CSV expects one. */
const csvOf = ({ columns, rows }: Report): string =>
  [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');

/** Everything that Markdown or the HTML in it could take for more than text; a cell is one line. */
const markdownText = (cell: Cell): string =>
  textOf(cell)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replace(/[\\`*_[\]<>|~#&!]/g, '\\$&')
    // Addresses would become links by themselves.
    .replace(/:(?=\/\/)|@|(?<=www)\./gi, '\\$&')
    .replace(
      /^(\s*)([-+=]|\d+[.)])/,
      (_, space: string, mark: string) => space + mark.replace(/[-+=.)]/, '\\$&'),
    );

function markdownOf({ title, from, to, summary, columns, rows }: Report): string {
  const line = (cells: readonly Cell[]) => `| ${cells.map(markdownText).join(' | ')} |`;
  return [
    `# ${markdownText(title)}`,
    '',
    `${markdownText(from)} – ${markdownText(to)}`,
    '',
    ...summary.map(({ label, value }) => `- ${markdownText(label)}: ${markdownText(value)}`),
    ...(summary.length > 0 ? [''] : []),
    line(columns),
    `|${' --- |'.repeat(columns.length)}`,
    ...rows.map(line),
    '',
  ].join('\n');
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const htmlText = (cell: Cell): string => textOf(cell).replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}' +
  'th,td{padding:.25rem .75rem;border-bottom:1px solid #ccc;text-align:left}td.n{text-align:right}';

const htmlCell = (cell: Cell): string =>
  typeof cell === 'number' ? `<td class="n">${cell}</td>` : `<td>${htmlText(cell)}</td>`;

/** A whole page, which can run nothing and loads nothing. */
function htmlOf({ title, from, to, summary, columns, rows }: Report): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${htmlText(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${htmlText(title)}</h1>`,
    `<p>${htmlText(from)} – ${htmlText(to)}</p>`,
    `<ul>${summary.map(({ label, value }) => `<li>${htmlText(label)}: ${htmlText(value)}</li>`).join('')}</ul>`,
    `<table><thead><tr>${columns.map((column) => `<th>${htmlText(column)}</th>`).join('')}</tr></thead><tbody>`,
    ...rows.map((row) => `<tr>${row.map(htmlCell).join('')}</tr>`),
    '</tbody></table></body></html>',
    '',
  ].join('\n');
}

const RENDERERS: Record<ReportFormat, (report: Report) => unknown> = {
  json: jsonOf,
  csv: csvOf,
  markdown: markdownOf,
  html: htmlOf,
};

/** A report in a format: text, or for JSON the value. Every value is escaped for where it lands. */
export const renderReport = (report: Report, format: ReportFormat): unknown => RENDERERS[format](report);
