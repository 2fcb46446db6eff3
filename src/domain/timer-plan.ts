import type { TimerRequest } from '../schemas/timer.js';
import { windowOf } from './owner.js';

/** 5 years: further ahead nothing is planned. */
const HORIZON_MS = 5 * 365 * 86_400_000;

/** When a timer is due, or what is wrong with the time it asks for. */
export type Due =
  | { kind: 'due'; fireAt: Date; durationMs: number; windowAt: Date }
  | { kind: 'refused'; path: string; message: string };

type Asked = Pick<TimerRequest, 'duration' | 'fireAt'>;

/** The moment a request means, seen from `now` (ms since 1970). */
export function dueOf(asked: Asked, now: number): Due {
  const fireAt = asked.fireAt ?? new Date(now + (asked.duration ?? 0));
  const durationMs = fireAt.getTime() - now;
  if (durationMs <= 0) return { kind: 'refused', path: 'fireAt', message: 'lies in the past' };
  if (durationMs > HORIZON_MS) {
    return {
      kind: 'refused',
      path: asked.fireAt ? 'fireAt' : 'duration',
      message: 'is more than 5 years ahead',
    };
  }
  return { kind: 'due', fireAt, durationMs, windowAt: windowOf(fireAt) };
}

/** As {@link dueOf}, and whether the repetition that is asked for makes sense from there. */
export function plan(request: Asked & Pick<TimerRequest, 'repeat'>, now: number): Due {
  const due = dueOf(request, now);
  const until = request.repeat?.until;
  if (due.kind === 'due' && until && until.getTime() < due.fireAt.getTime()) {
    return { kind: 'refused', path: 'repeat.until', message: 'lies before the first occurrence' };
  }
  return due;
}
