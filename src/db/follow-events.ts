import type { Event } from '../schemas/event.js';
import type { Database, Db } from './database.js';
import { type EventQuery, readEvents } from './events.js';

/** A transaction that runs long holds back what was told of already, so a reader looks again without a notice. */
const LOOK_AGAIN_MS = 1_000;

/** All readers look again at the same moment, so that those at the same place share one read. */
const untilNextLook = () => LOOK_AGAIN_MS - (Date.now() % LOOK_AGAIN_MS);

interface SharedRead {
  running: Promise<Event[]>;
  /** Begins when that is over, for whoever asked after it had begun: what they were told of may be too new for it. */
  next?: Promise<Event[]>;
}
const underWay = new WeakMap<Db, Map<string, SharedRead>>();

/** Reads as {@link readEvents} does; readers that ask for the same in the same moment are answered together. */
function readTogether(db: Db, query: EventQuery): Promise<Event[]> {
  const reads = underWay.get(db) ?? new Map<string, SharedRead>();
  underWay.set(db, reads);
  const key = JSON.stringify(query);
  const begin = (): Promise<Event[]> => {
    const read: SharedRead = {
      running: readEvents(db, query).finally(() => {
        if (reads.get(key) === read && !read.next) reads.delete(key);
      }),
    };
    reads.set(key, read);
    return read.running;
  };
  const read = reads.get(key);
  if (!read) return begin();
  read.next ??= read.running.then(begin, begin);
  return read.next;
}

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
      const events = await readTogether(db, { ...query, cursor });
      cursor = events.at(-1)?.id ?? cursor;
      if (events.length > 0) yield events;
      if (events.length < query.limit && !signal.aborted) await bell.sleep(untilNextLook());
    }
  } finally {
    stop();
    signal.removeEventListener('abort', bell.ring);
  }
}
