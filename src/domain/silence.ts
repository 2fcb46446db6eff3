/** So often it is said that heartbeats can come through, once those that came have been written. */
export const PULSE_MS = 250;
/** Between two pulses longer than this heartbeats may have been lost: the path was closed. */
export const GAP_MS = 2_000;

/** What is known of a connected agent's heartbeats. Moments are ms since 1970. */
export interface LastSeen {
  lastHeartbeatAt: number;
  deadlineMs: number;
  /** The latest pulse: whatever came before it is known. */
  pulseAt: number;
  /** Since when there was no gap between pulses. */
  restoredAt: number;
}

const dueAt = ({ lastHeartbeatAt, restoredAt, deadlineMs }: LastSeen) =>
  Math.max(lastHeartbeatAt, restoredAt) + deadlineMs;

/**
 * Whether nothing was heard of an agent for one whole deadline in which something could have been heard. What comes
 * after the latest pulse does not count: an outage may have begun.
 */
export const isSilent = (seen: LastSeen): boolean => seen.pulseAt >= dueAt(seen);

/** In how many ms to look again at an agent that is not silent: right after the pulse that can tell. */
export function silentInMs(seen: LastSeen, now: number): number {
  const isClosed = now - seen.pulseAt > GAP_MS;
  return isClosed ? seen.deadlineMs : Math.max(0, dueAt(seen) - now) + PULSE_MS;
}
