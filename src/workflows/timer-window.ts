import { condition, setCurrentDetails, setHandler, sleep } from '@temporalio/workflow';
import { LEAD_MS } from '../domain/owner.js';
import { windowDetails } from '../domain/window-details.js';
import {
  addTimers,
  cancelTimers,
  changed,
  moveTimers,
  type TimerCommand,
  type TimerWindow,
  timersQuery,
  type WindowState,
} from '../messages/timer-window.js';
import { fireWindow, readWindow, writeTimers } from './proxies.js';

/**
 * One organisation's due window: sleeps until shortly before it, then fires its timers. The rows are its contents;
 * it writes nothing while nothing happens.
 */
export async function timerWindow(window: TimerWindow): Promise<WindowState> {
  const commands: TimerCommand[] = [];
  let state: WindowState = { phase: 'waiting', counts: {}, next: [] };
  let isStale = false;
  setHandler(timersQuery, () => state);
  setHandler(addTimers, (timers) => void commands.push({ kind: 'add', timers }));
  setHandler(cancelTimers, (cancellations) => void commands.push({ kind: 'cancel', cancellations }));
  setHandler(moveTimers, (moves) => void commands.push({ kind: 'move', moves }));
  setHandler(changed, () => {
    isStale = true;
  });

  const firing = fireWhenDue(window, (phase) => {
    state = { ...state, phase };
    isStale = true;
  });
  while (state.phase !== 'done' || commands.length > 0 || isStale) {
    await Promise.race([firing, condition(() => commands.length > 0 || isStale)]);
    if (commands.length > 0) await writeTimers({ orgId: window.orgId, commands: commands.splice(0) });
    isStale = false;
    // For people only: while the database is away they keep the last view.
    state = { ...state, ...(await readWindow(window).catch(() => ({}))) };
    setCurrentDetails(windowDetails(window, state));
  }
  return state;
}

async function fireWhenDue(window: TimerWindow, enter: (phase: WindowState['phase']) => void): Promise<void> {
  const armsInMs = Date.parse(window.startsAt) - LEAD_MS - Date.now();
  if (armsInMs > 0) await sleep(armsInMs);
  enter('armed');
  await fireWindow(window);
  enter('done');
}
