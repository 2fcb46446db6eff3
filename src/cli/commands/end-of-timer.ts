import type { Timer } from '../../client/index.js';
import { Unsuccessful } from '../failure.js';
import type { Session } from '../session.js';
import { untilEnded, type WaitOptions } from '../wait.js';
import { TIMER } from './timer-view.js';

const ENDS: Timer['status'][] = ['fired', 'cancelled', 'failed'];

/** Waits for the end of a timer and prints it. Throws {@link Unsuccessful} where it did not fire. */
export async function endOfTimer(
  { client, print }: Session,
  first: Timer,
  { timeout }: WaitOptions,
): Promise<void> {
  const timer = await untilEnded(print.screen, first, {
    read: (wait) => client.timers.get(first.id, { wait }),
    hasEnded: ({ status }) => ENDS.includes(status),
    describe: ({ id, name, status, fireAt }) => `timer ${id} (${name}, ${status}, due at ${fireAt})`,
    timeout,
  });
  print.one(TIMER, timer);
  if (timer.status !== 'fired') throw new Unsuccessful(`The timer ended as ${timer.status}.`);
}
