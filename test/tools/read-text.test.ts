import { describe, expect, test } from '@jest/globals';
import { documentTypeOf } from '../../src/tools/mail/document-type.js';
import { readText } from '../../src/tools/mail/read-text.js';

const never = new AbortController().signal;
const bytesOf = (text: string) => new TextEncoder().encode(text);
const read = (
  type: Parameters<typeof readText>[0]['type'],
  bytes: Uint8Array,
  charset: string | null = null,
) => readText({ type, bytes, charset }, never);

/** A page with one line; offsets are as they must be. */
function pdf(line: string): Uint8Array {
  const stream = `BT /F1 24 Tf 72 720 Td (${line}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    '<< /Title (The plan) >>',
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const at = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const start = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  for (const offset of offsets) text += `${String(offset).padStart(10, '0')} 00000 n \n`;
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info 6 0 R >>\nstartxref\n${start}\n%%EOF`;
  return bytesOf(text);
}

test('plain text, Markdown, CSV and JSON are read as they are', async () => {
  expect(await read('text/plain', bytesOf('words\0 and more'))).toMatchObject({ text: 'words and more' });
  expect(await read('text/markdown', bytesOf('# Title'))).toMatchObject({ text: '# Title', isCut: false });
  expect(await read('text/csv', bytesOf('a,b\n1,2'))).toMatchObject({ text: 'a,b\n1,2' });
  expect(await read('application/json', bytesOf('{"a":1}'))).toMatchObject({ text: '{"a":1}' });
});

test('text is read in the charset that its server names', async () => {
  const latin = new Uint8Array([0x6d, 0xfc, 0x64, 0x65]);
  expect(await read('text/plain', latin, 'iso-8859-1')).toMatchObject({ text: 'müde' });
  expect(await read('text/plain', bytesOf('müde'), 'nobody-knows-it')).toMatchObject({ text: 'müde' });
});

test('of HTML what people read is read, not what machines do', async () => {
  const html = `<title>A &amp; B</title><style>p { color: red }</style><p>One</p><script>two()</script>
    <a href="https://example.com">three</a>`;
  const { text, title } = await read('text/html', bytesOf(html));
  expect(title).toBe('A & B');
  expect(text).toContain('One');
  expect(text).toContain('three');
  expect(text).not.toMatch(/two|red|example\.com/);
});

test('of a PDF its text and title are read', async () => {
  expect(await read('application/pdf', pdf('Grow by seven percent'))).toEqual({
    ...{ text: 'Grow by seven percent', title: 'The plan', isCut: false },
  });
});

test.each([
  ['application/pdf', 'no PDF at all'],
  ['application/json', '{"a":'],
] as const)('what only says that it is %s is refused', async (type, text) => {
  await expect(read(type, bytesOf(text))).rejects.toThrow('the document cannot be read');
});

test('more than a model takes is cut, between two characters', async () => {
  const { text, isCut } = await read('text/plain', bytesOf('😀'.repeat(90_000)));
  expect(isCut).toBe(true);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(200_000);
  expect(text).not.toMatch(/[\ud800-\udbff]$/);
});

test('a document that takes long holds up nobody else, and ends when nobody waits', async () => {
  const stop = new AbortController();
  const reading = readText(
    { type: 'text/html', charset: null, bytes: bytesOf('<div>'.repeat(2_000_000)) },
    stop.signal,
  ).catch((error: unknown) => error);
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
    if (ticks === 20) stop.abort(new Error('nobody waits'));
  }, 5);
  const ended = await reading;
  clearInterval(timer);
  // It was either aborted, or ended by its own limits: this thread went on in any case.
  expect(ended).toBeInstanceOf(Error);
  expect(ticks).toBeGreaterThan(0);
});

describe('what a document is', () => {
  test.each([
    ['text/plain; charset=utf-8', 'https://example.com/a', 'text/plain', 'utf-8'],
    ['TEXT/HTML', 'https://example.com/a', 'text/html', null],
    ['application/ld+json', 'https://example.com/a', 'application/json', null],
    ['application/octet-stream', 'https://example.com/a.PDF?x=1', 'application/pdf', null],
    [null, 'https://example.com/README.md', 'text/markdown', null],
  ])('%s at %s is %s', (said, url, type, charset) => {
    expect(documentTypeOf(said, url)).toEqual({ type, charset });
  });

  test.each([
    ['image/png', 'https://example.com/a.txt'],
    ['application/octet-stream', 'https://example.com/a.exe'],
    [null, 'https://example.com/'],
  ])('%s at %s cannot be read', (said, url) => {
    expect(documentTypeOf(said, url)).toBeNull();
  });
});
