import { signal } from '@preact/signals';

/** What came of something that somebody did. */
export interface Said {
  id: number;
  tone: 'good' | 'bad';
  text: string;
}

export const said = signal<readonly Said[]>([]);

const GOOD_FOR_MS = 6_000;
const BAD_FOR_MS = 15_000;
const MOST = 4;
let count = 0;

export function unsay(id: number): void {
  said.value = said.peek().filter((one) => one.id !== id);
}

/** Tells whoever did something what came of it, to eyes and to screen readers. */
export function say(tone: Said['tone'], text: string): void {
  count += 1;
  const id = count;
  said.value = [...said.peek(), { id, tone, text }].slice(-MOST);
  setTimeout(() => unsay(id), tone === 'good' ? GOOD_FOR_MS : BAD_FOR_MS);
}
