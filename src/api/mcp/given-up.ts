import type { AnyCaller } from '../caller.js';

/** Calls that clients may give up by a request of its own, as those of protocol revisions before 2026 do. */
export interface GivenUp {
  /** A signal that ends with the call's being given up; `forget` once it is answered. */
  watch(name: string): { signal: AbortSignal; forget: () => void };
  giveUp(name: string): void;
}

/** Only its client numbers requests: another one of the same caller and address may have the same. */
export const nameOfCall = (caller: AnyCaller, address: string, id: unknown): string =>
  JSON.stringify([caller.kind === 'agent' ? caller.agentId : caller.keyId, address, id]);

/**
 * Knows the calls of this process. Two of one name end together, which costs the other one no more than asking again:
 * a wait that ends early answers what there is.
 */
export function createGivenUp(): GivenUp {
  const open = new Map<string, Set<AbortController>>();
  return {
    watch(name) {
      const controller = new AbortController();
      const standing = open.get(name) ?? new Set();
      open.set(name, standing.add(controller));
      const forget = () => {
        standing.delete(controller);
        if (standing.size === 0) open.delete(name);
      };
      return { signal: controller.signal, forget };
    },
    giveUp(name) {
      for (const controller of open.get(name) ?? []) controller.abort();
    },
  };
}
