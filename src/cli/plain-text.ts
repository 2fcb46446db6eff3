/** Every control character: what a name or an answer brings along must not reach a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: They are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: They are what is looked for.
const CONTROL_BUT_LINES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** Characters that take two columns: emoji, and those of Chinese, Japanese and Korean. */
const WIDE = /\p{Emoji_Presentation}|\p{sc=Han}|\p{sc=Hiragana}|\p{sc=Katakana}|\p{sc=Hangul}/gu;
/** Combining marks, and what joins characters. */
const NO_WIDTH = /\p{Mn}|\p{Cf}/gu;

const visible = (character: string) => `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`;

/** On one line, with nothing that a terminal would obey. */
export const oneLine = (text: string): string =>
  text.replaceAll(/[\r\n\t]+/g, ' ').replaceAll(CONTROL, visible);

/** Of text with lines of its own, such as a log. */
export const manyLines = (text: string): string =>
  text.replaceAll('\r\n', '\n').replaceAll(CONTROL_BUT_LINES, visible);

/** JSON escapes the first 32 control characters itself; a terminal obeys these as well. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value ?? null, null, indent).replaceAll(
    /[\u007f-\u009f]/g,
    (character) => `\\u00${(character.codePointAt(0) ?? 0).toString(16)}`,
  );

/** In columns of a terminal. */
export function widthOf(text: string): number {
  const narrow = text.replaceAll(NO_WIDTH, '');
  return [...narrow].length + (narrow.match(WIDE)?.length ?? 0);
}

/** Cut to a width, with a sign that there was more. */
export function shortened(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  for (const character of text) {
    if (widthOf(kept + character) > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
