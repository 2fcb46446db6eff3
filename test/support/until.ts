import { setTimeout as delay } from 'node:timers/promises';

/** Waits until a condition holds, at most 10 s. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  for (const end = Date.now() + limitMs; Date.now() < end; await delay(5)) if (await condition()) return;
  throw new Error(`not so within ${limitMs} ms: ${condition}`);
}
