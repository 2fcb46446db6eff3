const MOST_REMEMBERED = 20_000;

/** Keeps an agent whose session does not open from being told of to its workflow with every heartbeat. */
export interface Retelling {
  /** True at most once in `intervalMs` for an agent. */
  isDue(agentId: string, intervalMs: number): boolean;
}

export function createRetelling(clock: () => number): Retelling {
  const nextAt = new Map<string, number>();
  return {
    isDue(agentId, intervalMs) {
      const now = clock();
      if ((nextAt.get(agentId) ?? 0) > now) return false;
      if (nextAt.size >= MOST_REMEMBERED) nextAt.clear();
      nextAt.set(agentId, now + intervalMs);
      return true;
    },
  };
}
