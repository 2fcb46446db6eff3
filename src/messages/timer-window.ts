import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { SignalledCancellation, SignalledTimer } from '../schemas/timer.js';

export interface TimerWindow {
  orgId: string;
  /** ISO 8601 UTC; a multiple of 20 s. */
  startsAt: string;
}

/** What a window held when its workflow last looked. */
export interface WindowState {
  phase: 'waiting' | 'armed' | 'done';
  counts: Record<string, number>;
  next: { id: string; name: string; fireAt: string }[];
}

/** Changes of timers that another service sent by one signal. What they hold is checked where they are written. */
export interface TimerCommand {
  kind: 'add' | 'cancel' | 'move';
  changes: readonly unknown[];
}

export const timerWindowId = ({ orgId, startsAt }: TimerWindow) => `timers/${orgId}/${startsAt}`;

export const timersQuery = defineQuery<WindowState>('timers');
export const addTimers = defineSignal<[SignalledTimer[]]>('addTimers');
export const cancelTimers = defineSignal<[SignalledCancellation[]]>('cancelTimers');
export const moveTimers = defineSignal<[{ id: string; fireAt: string }[]]>('moveTimers');
/** Rows of the window changed: look again, so that the query and the details are true. */
export const changed = defineSignal('changed');
