import { isArmed } from './owner.js';

/** More than this does not fit into one notice (8,000 bytes); the listener reads the window instead. */
const MOST_IN_A_NOTICE = 90;

/** Rows of an armed window changed. Without `timers`: read the window again. */
export interface TimersNotice {
  orgId: string;
  /** Start of the window, ms since 1970. */
  windowAt: number;
  /** Id and due time of what was added or moved there. */
  timers?: [id: string, fireAt: number][];
}

interface Written {
  orgId: string;
  id: string;
  windowAt: Date;
  fireAt: Date;
  /** It repeats, or may: a notice cannot say all of it. */
  mustBeRead: boolean;
}

/** One notice for each armed window among what was written; the others are read when they are armed. */
export function noticesOf(written: readonly Written[], now: number): TimersNotice[] {
  const byWindow = new Map<string, Written[]>();
  for (const timer of written) {
    if (!isArmed(timer.windowAt, now)) continue;
    const key = `${timer.orgId} ${timer.windowAt.getTime()}`;
    const group = byWindow.get(key);
    if (group) group.push(timer);
    else byWindow.set(key, [timer]);
  }
  return [...byWindow.values()].flatMap(noticeOf);
}

function noticeOf(group: Written[]): TimersNotice[] {
  const [first] = group;
  if (!first) return [];
  const notice = { orgId: first.orgId, windowAt: first.windowAt.getTime() };
  const fits =
    group.length <= MOST_IN_A_NOTICE && group.every((timer) => !timer.mustBeRead && timer.id.length < 64);
  if (!fits) return [notice];
  return [{ ...notice, timers: group.map((timer) => [timer.id, timer.fireAt.getTime()]) }];
}
