import { setTimeout as delay } from 'node:timers/promises';

/** Some 6 s in all: a database that starts anew, or fails over, is waited out. */
const PAUSES_MS = [100, 200, 400, 800, 1_600, 3_200];

/**
 * Writes what cannot be had again, such as an answer that was paid for: tried again when it fails, whatever becomes of
 * the task meanwhile. Throws what the last try threw. `write` must be able to run twice: a connection that is lost may
 * have taken the news of its success with it.
 */
export async function untilWritten<T>(
  write: () => Promise<T>,
  told: (error: unknown) => void,
  pausesMs: readonly number[] = PAUSES_MS,
): Promise<T> {
  for (const pause of pausesMs) {
    try {
      return await write();
    } catch (error) {
      told(error);
      await delay(pause);
    }
  }
  return write();
}
