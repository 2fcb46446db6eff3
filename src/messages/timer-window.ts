import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { SignalledTimer } from '../schemas/timer.js';

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

export interface TimerCancellation {
  id: string;
  reason?: string;
  requestedBy?: string;
}

export interface TimerMove {
  id: string;
  fireAt: string;
}

/** A change of timers that another service sent by signal. */
export type TimerCommand =
  | { kind: 'add'; timers: SignalledTimer[] }
  | { kind: 'cancel'; cancellations: TimerCancellation[] }
  | { kind: 'move'; moves: TimerMove[] };

export const timerWindowId = ({ orgId, startsAt }: TimerWindow) => `timers/${orgId}/${startsAt}`;

export const timersQuery = defineQuery<WindowState>('timers');
export const addTimers = defineSignal<[SignalledTimer[]]>('addTimers');
export const cancelTimers = defineSignal<[TimerCancellation[]]>('cancelTimers');
export const moveTimers = defineSignal<[TimerMove[]]>('moveTimers');
/** Rows of the window changed: look again, so that the query and the details are true. */
export const changed = defineSignal('changed');
