import { Unsuccessful } from './failure.js';
import { lengthOf } from './render.js';
import type { Screen } from './screen.js';

/** So often a person sees that it goes on. */
const TICK_MS = 1_000;
/** One question; the server takes at most a minute. */
const SLICE_MS = 30_000;
/** A server that is about to stop answers before the wait is over. */
const PAUSE_MS = 500;
const CLEAR_LINE = '\r\u001b[2K';

export interface Wish<Item> {
  /** Reads it; the answer comes when it has ended, or after `wait`. */
  read: (wait: string) => Promise<Item>;
  hasEnded: (item: Item) => boolean;
  /** In a few words, such as `the task, running`. */
  describe: (item: Item) => string;
  /** In ms; without it, however long that takes. */
  timeout?: number | undefined;
}

/** Tells a person, in one line that is written over and over, what is waited for; nobody else is told. */
function progress(screen: Screen, words: () => string): () => void {
  if (!screen.isAttended) return () => undefined;
  const startedAt = performance.now();
  const show = () =>
    screen.tell(`${CLEAR_LINE}Waiting for ${words()}: ${lengthOf(performance.now() - startedAt)} so far`);
  const ticking = setInterval(show, TICK_MS);
  return () => {
    clearInterval(ticking);
    screen.tell(CLEAR_LINE);
  };
}

/** Waits until something has ended. Throws {@link Unsuccessful} when the time is up first. */
export async function untilEnded<Item>(
  screen: Screen,
  first: Item,
  { read, hasEnded, describe, timeout = Number.POSITIVE_INFINITY }: Wish<Item>,
): Promise<Item> {
  const endsAt = performance.now() + timeout;
  let item = first;
  const stop = progress(screen, () => describe(item));
  try {
    while (!hasEnded(item)) {
      const left = Math.ceil(endsAt - performance.now());
      if (left <= 0)
        throw new Unsuccessful(
          `Not ended within the time: ${describe(item)}. It goes on; it can be waited for again.`,
        );
      const askedAt = performance.now();
      item = await read(`${Math.min(left, SLICE_MS)}ms`);
      const isEarly = performance.now() - askedAt < PAUSE_MS && !hasEnded(item);
      if (isEarly) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    return item;
  } finally {
    stop();
  }
}
