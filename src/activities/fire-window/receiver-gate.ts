/** As many failures in a row as open a receiver's circuit. */
const TRIPPED_AFTER = 10;

/** Keeps one slow or dead receiver from holding up what goes to others, within one arming. */
export interface ReceiverGate {
  /**
   * Runs when the receiver has a free place. Null, without running, once it failed so often in a row that the rest
   * is better left to its endpoint workflow. `isFailure` says of a result whether it counts as one.
   */
  run<T>(receiver: string, attempt: () => Promise<T>, isFailure: (result: T) => boolean): Promise<T | null>;
}

interface Lane {
  active: number;
  failures: number;
  waiting: (() => void)[];
}

export function createReceiverGate(places: number): ReceiverGate {
  const lanes = new Map<string, Lane>();

  const laneOf = (receiver: string): Lane => {
    const lane = lanes.get(receiver) ?? { active: 0, failures: 0, waiting: [] };
    lanes.set(receiver, lane);
    return lane;
  };

  function leave(lane: Lane): void {
    lane.active--;
    if (lane.failures >= TRIPPED_AFTER) for (const go of lane.waiting.splice(0)) go();
    else lane.waiting.shift()?.();
  }

  return {
    async run(receiver, attempt, isFailure) {
      const lane = laneOf(receiver);
      if (lane.active >= places) await new Promise<void>((resolve) => lane.waiting.push(resolve));
      if (lane.failures >= TRIPPED_AFTER) return null;
      lane.active++;
      try {
        const result = await attempt();
        lane.failures = isFailure(result) ? lane.failures + 1 : 0;
        return result;
      } finally {
        leave(lane);
      }
    },
  };
}
