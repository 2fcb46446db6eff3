import { describe, expect, test } from '@jest/globals';
import { beginningOf, wellFormed } from '../../src/domain/message.js';
import { teamsMessage } from '../../src/domain/teams-card.js';
import { telegramText } from '../../src/domain/telegram-text.js';

test('a character of two units is never cut in half', () => {
  expect(beginningOf('ab🎉', 3)).toBe('ab');
  expect(beginningOf('ab🎉', 4)).toBe('ab🎉');
  expect(wellFormed('a\ud83c-\udf89🎉')).toBe('a\ufffd-\ufffd🎉');
});

describe('a message to Telegram', () => {
  /** What Telegram counts: tags are gone, entities are one character. */
  const read = (html: string) =>
    html
      .replace(/<\/?b>/g, '')
      .replace(
        /&(?:lt|gt|quot|amp);/g,
        (entity) => ({ '&lt;': '<', '&gt;': '>', '&quot;': '"' })[entity] ?? '&',
      );

  test('has its title in bold, and nothing that was said is markup', () => {
    const text = telegramText({ title: 'A <b>&', text: '<a href="https://evil.example">&amp;</a>\n*_`[' });
    expect(text).toBe(
      '<b>A &lt;b&gt;&amp;</b>\n\n&lt;a href=&quot;https://evil.example&quot;&gt;&amp;amp;&lt;/a&gt;\n*_`[',
    );
  });

  test('is its title when there is no text', () => {
    expect(telegramText({ title: 'done', text: ' \n' })).toBe('<b>done</b>');
  });

  const HEAD = 'title\n\n'.length;
  test('of exactly 4,096 characters is whole, however long its entities make it', () => {
    const text = '&'.repeat(4_096 - HEAD);
    expect(read(telegramText({ title: 'title', text }))).toBe(`title\n\n${text}`);
  });

  test.each(['&', '🎉', '<b>', 'x🎉&'])('of more of %s is cut, and says so', (piece) => {
    for (const longer of [1, 2, 3, 9_999]) {
      const text = piece.repeat(4_096).slice(0, 4_096 - HEAD + longer);
      const html = telegramText({ title: 'title', text });
      expect(html).not.toMatch(/&(?!(?:lt|gt|quot|amp);)/);
      expect(wellFormed(html)).toBe(html);
      const seen = read(html);
      expect(seen.length).toBeLessThanOrEqual(4_096);
      expect(seen.length).toBeGreaterThan(4_090);
      expect(seen).toMatch(new RegExp(`\\n… \\(cut: all of it is ${text.length} characters.*\\)$`));
    }
  });

  test('has a title that leaves room for the text', () => {
    expect(read(telegramText({ title: 't'.repeat(5_000), text: 'the text' }))).toMatch(
      /^t{256}\n\nthe text$/,
    );
  });
});

describe('a message to Teams', () => {
  const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
  const cardOf = (text: string, title = 'title') => {
    const message = teamsMessage({ title, text });
    const [attachment] = message.attachments;
    if (!attachment) throw new Error('no attachment');
    return { message, attachment, card: attachment.content, body: attachment.content.body };
  };
  const linesOf = (text: string) =>
    cardOf(text).body.map(({ inlines }) => inlines.map((inline) => inline.text).join(''));

  test('is one card in the envelope that workflows expect', () => {
    const { message, attachment, card } = cardOf('hello');
    expect(message).toMatchObject({ type: 'message', attachments: [attachment] });
    expect(Object.keys(attachment).sort()).toEqual(['content', 'contentType', 'contentUrl']);
    expect(attachment.contentType).toBe('application/vnd.microsoft.card.adaptive');
    expect(attachment.contentUrl).toBeNull();
    expect(card.$schema).toBe('http://adaptivecards.io/schemas/adaptive-card.json');
    expect(card.type).toBe('AdaptiveCard');
  });

  // Of the published schema: https://adaptivecards.io/explorer
  const SINCE = { RichTextBlock: 1.2, TextRun: 1.2 } as const;
  test('is valid: each element is known to its version, with the properties and values it may have', () => {
    const { card } = cardOf('one\n\n  two');
    const version = Number(card.version);
    expect(version).toBeLessThanOrEqual(1.5);
    expect(
      Object.keys(card).filter((key) => !['$schema', 'type', 'version', 'body', 'msteams'].includes(key)),
    ).toEqual([]);
    for (const { type, spacing = 'Default', inlines, ...rest } of card.body) {
      expect(SINCE[type]).toBeLessThanOrEqual(version);
      expect(['Default', 'None', 'Small', 'Medium', 'Large', 'ExtraLarge', 'Padding']).toContain(spacing);
      expect(rest).toEqual({});
      expect(inlines.length).toBeGreaterThan(0);
      for (const { type: kind, text, weight = 'Default', size = 'Default', ...others } of inlines) {
        expect(SINCE[kind]).toBeLessThanOrEqual(version);
        expect(text).not.toBe('');
        expect(['Default', 'Lighter', 'Bolder']).toContain(weight);
        expect(['Default', 'Small', 'Medium', 'Large', 'ExtraLarge']).toContain(size);
        expect(others).toEqual({});
      }
    }
  });

  test('keeps lines and indentation, and has no element that reads Markdown', () => {
    expect(linesOf('a\r\n\n  **b** [c](https://evil.example)')).toEqual([
      'title',
      'a',
      '\u00a0',
      '\u00a0\u00a0**b** [c](https://evil.example)',
    ]);
    expect(new Set(cardOf('a\nb').body.map(({ type }) => type))).toEqual(new Set(['RichTextBlock']));
  });

  test('is its title when there is no text, and has one when it is empty', () => {
    expect(linesOf('')).toEqual(['title']);
    expect(cardOf('x', '').body[0]?.inlines[0]?.text).toBe('-');
  });

  test.each([
    ['one long line', 'x'.repeat(100_000)],
    ['of characters of two units', '🎉'.repeat(50_000)],
    ['of what JSON escapes', '"\\\u0001'.repeat(30_000)],
    ['many lines', 'line\n'.repeat(20_000)],
  ])('that is too long, %s, is cut within 28 kB, and says so', (_, text) => {
    const { message, body } = cardOf(text, '🎉'.repeat(5_000));
    expect(bytes(message)).toBeLessThanOrEqual(20_000);
    expect(bytes(message)).toBeGreaterThan(19_700);
    expect(wellFormed(JSON.stringify(message))).toBe(JSON.stringify(message));
    expect(body.at(-1)?.inlines[0]?.text).toMatch(/^… \(cut: all of it is \d+ characters/);
  });
});
