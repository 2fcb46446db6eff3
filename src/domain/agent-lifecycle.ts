import type { Lifecycle } from '../schemas/agent.js';

/** What moves an agent from one state of its lifecycle to another. */
export const VERBS = ['start', 'pause', 'resume', 'stop'] as const;
export type LifecycleVerb = (typeof VERBS)[number];

const MOVES: Record<LifecycleVerb, { from: readonly Lifecycle[]; to: Lifecycle }> = {
  start: { from: ['created', 'stopped'], to: 'running' },
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  stop: { from: ['created', 'running', 'paused'], to: 'stopped' },
};

/** Where a verb leads from a state; null where it is not possible. */
export function moved(lifecycle: Lifecycle, verb: LifecycleVerb): Lifecycle | null {
  const { from, to } = MOVES[verb];
  return from.includes(lifecycle) ? to : null;
}

/** The states that a verb is possible in. */
export const startsOf = (verb: LifecycleVerb): readonly Lifecycle[] => MOVES[verb].from;
