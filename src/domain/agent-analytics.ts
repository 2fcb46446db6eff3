/** One connection of an agent. Moments are ms since 1970. */
export interface SessionSpan {
  connectedAt: number;
  /** Null while it is open. */
  endedAt: number | null;
  endReason: string | null;
  /** How often a heartbeat was expected. */
  intervalMs: number;
  heartbeats: number;
}

/** How much of a period an agent was there. */
export interface Presence {
  /** Share of the time since the period began, or the agent was created, from 0 to 1. */
  uptime: number;
  connectedMs: number;
  sessions: number;
  silences: number;
  missedHeartbeats: number;
}

interface Period {
  from: number;
  /** Of the agent: nothing can be expected of the time before. */
  createdAt: number;
}

/** What an agent's sessions come to, from the period's beginning until now. Their order does not matter. */
export function presenceOf(
  sessions: readonly SessionSpan[],
  { from, createdAt }: Period,
  now: number,
): Presence {
  const begin = Math.min(Math.max(from, createdAt), now);
  const inPeriod = withoutOverlap(sessions, now).filter(({ end }) => end >= begin);
  const spans = inPeriod.map((span) => ({ ...span, presentMs: span.end - Math.max(span.start, begin) }));
  const connectedMs = sum(spans.map(({ presentMs }) => presentMs));
  return {
    uptime: now === begin ? 0 : connectedMs / (now - begin),
    connectedMs,
    sessions: spans.length,
    silences: spans.filter(({ session }) => session.endReason === 'silent').length,
    missedHeartbeats: sum(spans.map(missedIn)),
  };
}

interface Span {
  session: SessionSpan;
  start: number;
  end: number;
}

/** Sessions as they count: none goes on when the next one has begun, and none lies in the future. */
function withoutOverlap(sessions: readonly SessionSpan[], now: number): Span[] {
  let nextStart = now;
  const newestFirst = sessions.toSorted((one, other) => other.connectedAt - one.connectedAt);
  return newestFirst.map((session) => {
    const start = Math.min(session.connectedAt, nextStart);
    const end = Math.max(start, Math.min(session.endedAt ?? now, nextStart));
    nextStart = start;
    return { session, start, end };
  });
}

/** Whole intervals without a heartbeat; of a session that began before the period, its share of both. */
function missedIn({ session, start, end, presentMs }: Span & { presentMs: number }): number {
  if (presentMs === 0) return 0;
  const received = session.heartbeats * (presentMs / (end - start));
  return Math.max(0, Math.floor(presentMs / session.intervalMs - received));
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
