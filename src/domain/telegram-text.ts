import { beginningOf, cutNotice, type Message, wellFormed } from './message.js';

/** Of a message, counted when tags and entities have been read (Bot API, sendMessage). */
const MOST_CHARACTERS = 4_096;
const MOST_OF_A_TITLE = 256;
const GAP = '\n\n';

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);

/** A message as Telegram's HTML: its title bold, nothing in it markup. Cut, with a notice, where it is too long. */
export function telegramText({ title, text }: Message): string {
  const head = beginningOf(wellFormed(title), MOST_OF_A_TITLE);
  const bold = `<b>${escaped(head)}</b>`;
  const whole = wellFormed(text);
  if (whole.trim() === '') return bold;
  const room = MOST_CHARACTERS - head.length - GAP.length;
  if (whole.length <= room) return bold + GAP + escaped(whole);
  const notice = `\n${cutNotice(whole.length)}`;
  // Cut before it is escaped: no entity is ever torn.
  return bold + GAP + escaped(beginningOf(whole, room - notice.length)) + notice;
}
