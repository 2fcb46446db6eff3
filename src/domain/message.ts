/** What a person is told: the body of every delivery to one, as JSON. */
export interface Message {
  title: string;
  text: string;
}

/** The beginning of a text, of at most so many UTF-16 units; a character of two units is not cut in half. */
export function beginningOf(text: string, most: number): string {
  if (text.length <= most) return text;
  const beginning = text.slice(0, Math.max(0, most));
  return /[\ud800-\udbff]$/.test(beginning) ? beginning.slice(0, -1) : beginning;
}

/** Halves of characters, which no receiver takes, become the replacement character. */
export const wellFormed = (text: string): string =>
  text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');

/** Told in place of the rest of a text that a channel cannot carry whole. */
export const cutNotice = (length: number): string =>
  `… (cut: all of it is ${length} characters, more than this channel takes)`;
