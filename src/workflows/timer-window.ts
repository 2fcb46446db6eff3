import {
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
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

/** Well below the 4,096 at which a run should be over. */
const MOST_EVENTS = 3_000;

/**
 * One organisation's due window: sleeps until shortly before it, then fires its timers. The rows are its contents;
 * it writes nothing while nothing happens.
 */
export async function timerWindow(window: TimerWindow): Promise<WindowState> {
  const commands: TimerCommand[] = [];
  let state: WindowState = { phase: 'waiting', counts: {}, next: [] };
  let isStale = false;
  setHandler(timersQuery, () => state);
  setHandler(addTimers, (timers) => void commands.push({ kind: 'add', changes: timers }));
  setHandler(cancelTimers, (changes) => void commands.push({ kind: 'cancel', changes }));
  setHandler(moveTimers, (moves) => void commands.push({ kind: 'move', changes: moves }));
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
    const view = await readWindow(window).catch(() => ({}));
    // Only now: the phase may have changed meanwhile.
    state = { ...state, ...view };
    setCurrentDetails(windowDetails(window, state));
    // A run takes 10,000 signals, then it is deaf; one that is armed is over soon.
    if (state.phase === 'waiting' && isLong() && commands.length === 0)
      await continueAsNew<typeof timerWindow>(window);
  }
  return state;
}

const isLong = () => workflowInfo().historyLength > MOST_EVENTS || workflowInfo().continueAsNewSuggested;

async function fireWhenDue(window: TimerWindow, enter: (phase: WindowState['phase']) => void): Promise<void> {
  const armsInMs = Date.parse(window.startsAt) - LEAD_MS - Date.now();
  if (armsInMs > 0) await sleep(armsInMs);
  enter('armed');
  await fireWindow(window);
  enter('done');
}
