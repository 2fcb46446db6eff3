import { Context } from '@temporalio/activity';
import type { GuardOptions } from '../../outbound/guard.js';
import { createGuardedFetch } from '../../outbound/guarded-fetch.js';
import { CHECK_LIMITS } from './check-health.js';
import {
  type AgentSupervision,
  createSuperviseAgent,
  type SuperviseAgentOptions,
} from './supervise-agent.js';
import { createWatchContainer } from './watch-container.js';

export interface SupervisorActivitiesOptions
  extends Omit<SuperviseAgentOptions, 'runtime' | 'fetch' | 'version' | 'now'> {
  containers: SuperviseAgentOptions['runtime'];
  guard: GuardOptions;
  /** Aborted when the worker stops. */
  stopping: AbortSignal;
}

const HEARTBEAT_MS = 4_000;

/** Runs what may take long, and says meanwhile that its worker lives. */
async function beating<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { heartbeat, cancellationSignal } = Context.current();
  const beats = setInterval(() => heartbeat(), HEARTBEAT_MS);
  try {
    return await work(cancellationSignal);
  } finally {
    clearInterval(beats);
  }
}

/** What keeps agents in containers, and asks whether agents are well. `close` ends its connections. */
export function createSupervisorActivities(options: SupervisorActivitiesOptions) {
  const { containers: runtime, guard, config, stopping } = options;
  const fetch = createGuardedFetch({ ...guard, ...CHECK_LIMITS });
  const { version } = config;
  const supervise = createSuperviseAgent({ ...options, runtime, fetch, version, now: Date.now });
  const watch = createWatchContainer(runtime, stopping);
  return {
    activities: {
      superviseAgent: (about: AgentSupervision) => beating((signal) => supervise(about, signal)),
      watchContainer: (id: string) => beating((signal) => watch(id, signal)),
    },
    close: () => fetch.close(),
  };
}
