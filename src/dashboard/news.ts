import { effect, signal } from '@preact/signals';
import type { Event } from '../client/index.js';
import { client, isLimited } from './session.js';
import { isShown } from './shown.js';

const KEPT = 500;
const AGAIN_MS = 3_000;

/** The latest event of the organisation, as it comes. */
export const news = signal<Event | null>(null);
/** What has come since the board was opened, the newest first; at most 500. */
export const recent = signal<readonly Event[]>([]);

/** What came of late before what was read, each once. */
export function withRecent(read: readonly Event[], isMeant: (event: Event) => boolean = () => true): Event[] {
  const known = new Set(read.map(({ id }) => id));
  return [...recent.value.filter((event) => !known.has(event.id) && isMeant(event)), ...read];
}

/** Where to go on after a break. */
let lastId: string | undefined;

async function hear(leaving: AbortSignal): Promise<void> {
  const reader = client.peek();
  if (!reader) return;
  for await (const event of reader.events.follow({}, { signal: leaving, lastId })) {
    lastId = event.id;
    news.value = event;
    recent.value = [event, ...recent.peek()].slice(0, KEPT);
  }
}

effect(() => {
  if (client.value) return;
  recent.value = [];
  lastId = undefined;
});

effect(() => {
  // Events are of the whole organisation.
  if (!client.value || isLimited.value || !isShown.value) return;
  const leaving = new AbortController();
  const listen = () => {
    hear(leaving.signal).catch(() => {
      if (!leaving.signal.aborted) setTimeout(listen, AGAIN_MS);
    });
  };
  queueMicrotask(listen);
  return () => leaving.abort();
});
