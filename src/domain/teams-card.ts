import { beginningOf, cutNotice, type Message, wellFormed } from './message.js';

/** Documented are 28 KB with everything around it; refusals have been seen from 21 KB on. */
const MOST_BYTES = 20_000;
const MOST_OF_A_TITLE = 256;

interface RichTextBlock {
  type: 'RichTextBlock';
  spacing?: 'None';
  inlines: { type: 'TextRun'; text: string; weight?: 'Bolder'; size?: 'Medium' }[];
}

/** What a workflow that waits for webhook requests posts: one Adaptive Card. */
export interface TeamsMessage {
  type: 'message';
  attachments: {
    contentType: 'application/vnd.microsoft.card.adaptive';
    contentUrl: null;
    content: {
      $schema: 'http://adaptivecards.io/schemas/adaptive-card.json';
      type: 'AdaptiveCard';
      version: '1.4';
      msteams: { width: 'Full' };
      body: RichTextBlock[];
    };
  }[];
}

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;

/** Of a text block Markdown would be read; of a text run nothing is. Its leading spaces would be lost. */
const lineOf = (line: string): RichTextBlock => ({
  type: 'RichTextBlock',
  spacing: 'None',
  inlines: [
    { type: 'TextRun', text: line.replace(/^ +/, (spaces) => '\u00a0'.repeat(spaces.length)) || '\u00a0' },
  ],
});

const titleOf = (title: string): RichTextBlock => ({
  type: 'RichTextBlock',
  inlines: [
    { type: 'TextRun', text: beginningOf(title, MOST_OF_A_TITLE) || '-', weight: 'Bolder', size: 'Medium' },
  ],
});

const around = (body: RichTextBlock[]): TeamsMessage => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      contentUrl: null,
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        version: '1.4',
        msteams: { width: 'Full' },
        body,
      },
    },
  ],
});

/** The longest beginning of a line that takes no more than so many bytes as a block. */
function beginningWithin(line: string, mostBytes: number): string {
  let fits = 0;
  let tooMany = Math.min(line.length, mostBytes) + 1;
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (bytesOf(lineOf(beginningOf(line, middle))) <= mostBytes) fits = middle;
    else tooMany = middle;
  }
  return beginningOf(line, fits);
}

/** Blocks for as many lines as fit, the last one perhaps cut. */
function linesWithin(text: string, mostBytes: number): { blocks: RichTextBlock[]; isWhole: boolean } {
  const blocks: RichTextBlock[] = [];
  let leftBytes = mostBytes;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const block = lineOf(line);
    const bytes = bytesOf(block) + 1;
    if (bytes > leftBytes) {
      const beginning = beginningWithin(line, leftBytes - 1);
      return { blocks: beginning === '' ? blocks : [...blocks, lineOf(beginning)], isWhole: false };
    }
    blocks.push(block);
    leftBytes -= bytes;
  }
  return { blocks, isWhole: true };
}

/** A message as a card, none of it read as Markdown. Cut, with a notice, where it is too long. */
export function teamsMessage({ title, text }: Message): TeamsMessage {
  const head = titleOf(wellFormed(title));
  if (text.trim() === '') return around([head]);
  const notice = lineOf(cutNotice(text.length));
  const roomBytes = MOST_BYTES - bytesOf(around([head, notice])) - 1;
  const { blocks, isWhole } = linesWithin(wellFormed(text), roomBytes);
  return around(isWhole ? [head, ...blocks] : [head, ...blocks, notice]);
}
