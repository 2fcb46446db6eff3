import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import { Unsuccessful } from './failure.js';
import { Outage } from './outage.js';
import { oneLine, shortened } from './plain-text.js';
import { millis } from './read-option.js';
import { lengthOf } from './render.js';
import type { Screen } from './screen.js';

export interface WaitOptions {
  /** In ms; without it, however long that takes. */
  timeout?: number | undefined;
}

/** Where there is a `--wait` as well, it is meant. */
export const timeoutOption = (): Option =>
  new Option('--timeout <time>', 'wait no longer than this').argParser(millis).implies({ wait: true });

/** So often a person sees that it goes on. */
const TICK_MS = 1_000;
/** One question; the server takes at most a minute. */
const SLICE_MS = 30_000;
/** A server that is about to stop answers before the wait is over, and one that is away not at all. */
const PAUSE_MS = 500;
const CLEAR_LINE = '\r\u001b[2K';

interface Wish<Item> extends WaitOptions {
  /** Reads it; the answer comes when it has ended, or after `wait`. */
  read: (wait: string) => Promise<Item>;
  hasEnded: (item: Item) => boolean;
  /** What it is and how it stands, its id first: `task 01a1ff23 (running)`. */
  describe: (item: Item) => string;
}

/** Tells a person, in one line that is written over and over, what is waited for; nobody else is told. */
function progress(screen: Screen, words: () => string): () => void {
  if (!screen.isAttended) return () => undefined;
  const startedAt = performance.now();
  const show = () => {
    const line = `Waiting ${lengthOf(performance.now() - startedAt)} for ${oneLine(words())}`;
    // A line that fills the terminal could not be written over.
    screen.tell(CLEAR_LINE + shortened(line, screen.toldColumns - 1));
  };
  const ticking = setInterval(show, TICK_MS);
  return () => {
    clearInterval(ticking);
    screen.tell(CLEAR_LINE);
  };
}

/**
 * Waits until something has ended; an outage of the server is waited out. Throws {@link Unsuccessful} when the time is up
 * first.
 */
export async function untilEnded<Item>(
  screen: Screen,
  first: Item,
  { read, hasEnded, describe, timeout = Number.POSITIVE_INFINITY }: Wish<Item>,
): Promise<Item> {
  const endsAt = performance.now() + timeout;
  let item = first;
  const outage = new Outage((words) => screen.tell(`${screen.isAttended ? CLEAR_LINE : ''}${words}\n`));
  const stop = progress(screen, () => describe(item));
  try {
    while (!hasEnded(item)) {
      const left = Math.ceil(endsAt - performance.now());
      if (left <= 0)
        throw new Unsuccessful(
          `Not ended within the time: ${describe(item)}. It goes on; it can be waited for again.`,
        );
      const askedAt = performance.now();
      let isEarly = true;
      try {
        item = await read(`${Math.min(left, SLICE_MS)}ms`);
        outage.isOver();
        isEarly = performance.now() - askedAt < PAUSE_MS;
      } catch (error) {
        outage.goesOn(error);
      }
      if (isEarly && !hasEnded(item)) await sleep(Math.min(PAUSE_MS, left));
    }
    return item;
  } finally {
    stop();
  }
}
