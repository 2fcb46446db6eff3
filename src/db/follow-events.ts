import type { Event } from '../schemas/event.js';
import type { Database } from './database.js';
import { type EventQuery, readEvents } from './events.js';

/** A transaction that runs long holds back what was told of already, so a reader looks again without a notice. */
const LOOK_AGAIN_MS = 1_000;

/** Wakes one sleeper. A ring while nobody sleeps is kept for the next sleep. */
class Bell {
  #hasRung = false;
  #wake: (() => void) | undefined;

  readonly ring = (): void => {
    this.#hasRung = true;
    this.#wake?.();
  };

  async sleep(mostMs: number): Promise<void> {
    if (!this.#hasRung) {
      await new Promise<void>((resume) => {
        const timer = setTimeout(resume, mostMs);
        this.#wake = () => {
          clearTimeout(timer);
          resume();
        };
      });
    }
    this.#hasRung = false;
    this.#wake = undefined;
  }
}

/** Events after the cursor, page by page and then as they are appended, until the signal aborts. */
export async function* followEvents(
  { db, listen }: Pick<Database, 'db' | 'listen'>,
  { signal, ...query }: EventQuery & { signal: AbortSignal },
): AsyncGenerator<Event[], void, void> {
  const bell = new Bell();
  const stop = listen('events', (orgId) => {
    if (orgId === null || orgId === query.orgId) bell.ring();
  });
  signal.addEventListener('abort', bell.ring);
  try {
    let { cursor } = query;
    while (!signal.aborted) {
      const events = await readEvents(db, { ...query, cursor });
      cursor = events.at(-1)?.id ?? cursor;
      if (events.length > 0) yield events;
      if (events.length < query.limit && !signal.aborted) await bell.sleep(LOOK_AGAIN_MS);
    }
  } finally {
    stop();
    signal.removeEventListener('abort', bell.ring);
  }
}
