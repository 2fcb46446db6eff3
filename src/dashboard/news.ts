import { effect, signal } from '@preact/signals';
import type { Event } from '../client/index.js';
import { client } from './session.js';

const KEPT = 500;
const AGAIN_MS = 3_000;

/** The latest event of the organisation, as it comes. */
export const news = signal<Event | null>(null);
/** What has come since the board was opened, the newest first; at most 500. */
export const recent = signal<readonly Event[]>([]);
/** Whether events come: false while Mainspring cannot be reached. */
export const isHearing = signal(false);

async function hear(signal_: AbortSignal): Promise<void> {
  const reader = client.peek();
  if (!reader) return;
  isHearing.value = true;
  for await (const event of reader.events.follow({}, { signal: signal_ })) {
    isHearing.value = true;
    news.value = event;
    recent.value = [event, ...recent.peek()].slice(0, KEPT);
  }
}

effect(() => {
  if (!client.value) return;
  const leaving = new AbortController();
  const listen = () => {
    hear(leaving.signal).catch(() => {
      if (leaving.signal.aborted) return;
      isHearing.value = false;
      setTimeout(listen, AGAIN_MS);
    });
  };
  queueMicrotask(listen);
  return () => leaving.abort();
});
