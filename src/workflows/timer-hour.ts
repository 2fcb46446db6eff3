import { setCurrentDetails, sleep } from '@temporalio/workflow';
import { OPENING_MS } from '../domain/owner.js';
import type { TimerHour } from '../messages/timer-hour.js';
import { openHour } from './proxies.js';

/** Owns what is due in an hour that is still far away; shortly before it, the windows take over. */
export async function timerHour(hour: TimerHour): Promise<void> {
  const opensAt = new Date(Date.parse(hour.startsAt) - OPENING_MS);
  setCurrentDetails(
    `Asleep until ${opensAt.toISOString()}, when the 20 s windows of this hour take its timers over`,
  );
  const opensInMs = opensAt.getTime() - Date.now();
  if (opensInMs > 0) await sleep(opensInMs);
  const windows = await openHour(hour);
  setCurrentDetails(`Open: ${windows} windows own its timers`);
}
