import { OPENS_AFTER } from '../../domain/circuit.js';
import type { Verdict } from '../verdict.js';

/** Keeps one slow or dead receiver from holding up what goes to others, within one arming. */
export interface ReceiverGate {
  /**
   * Runs when the receiver has a free place. Null, without running, once it failed so often in a row that the rest
   * is better left to its endpoint workflow. `verdict` says what a result tells of the receiver, null: nothing.
   */
  run<T>(receiver: string, attempt: () => Promise<T>, verdict: (result: T) => Verdict): Promise<T | null>;
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
    if (lane.failures >= OPENS_AFTER) for (const go of lane.waiting.splice(0)) go();
    else lane.waiting.shift()?.();
  }

  return {
    async run(receiver, attempt, verdict) {
      const lane = laneOf(receiver);
      if (lane.active >= places) await new Promise<void>((resolve) => lane.waiting.push(resolve));
      if (lane.failures >= OPENS_AFTER) return null;
      lane.active++;
      try {
        const result = await attempt();
        const told = verdict(result);
        if (told === 'fails') lane.failures++;
        if (told === 'works') lane.failures = 0;
        return result;
      } finally {
        leave(lane);
      }
    },
  };
}
