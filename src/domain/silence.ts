/** What is known of a connected agent's heartbeats. Moments are ms since 1970. */
export interface LastSeen {
  lastHeartbeatAt: number;
  /** Since when heartbeats could come through without a gap. */
  pathRestoredAt: number;
  deadlineMs: number;
}

/**
 * In how many ms an agent that is not heard of counts as silent; 0 or less when it does: nothing was heard of it for
 * one whole deadline in which something could have been heard. After an outage of ours nobody is silent before one
 * deadline from its end.
 */
export const silentInMs = ({ lastHeartbeatAt, pathRestoredAt, deadlineMs }: LastSeen, now: number): number =>
  Math.max(lastHeartbeatAt, pathRestoredAt) + deadlineMs - now;
