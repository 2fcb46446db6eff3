export interface TimerHour {
  orgId: string;
  /** ISO 8601 UTC, a full hour. */
  startsAt: string;
}

/** `timers/<org>/2030-01-31T09`: shorter than a window's id, so that the two never meet. */
export const timerHourId = ({ orgId, startsAt }: TimerHour) => `timers/${orgId}/${startsAt.slice(0, 13)}`;
