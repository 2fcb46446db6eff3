import type { Lifecycle } from '../schemas/agent.js';
import type { ContainerState, HealthState, RestartPolicy } from '../schemas/hosting.js';

/** How an agent's container shall be. */
export type WantedContainer = 'running' | 'paused' | 'absent';

export interface Supervised {
  lifecycle: Lifecycle;
  isSuspended: boolean;
  image: string | null;
}

/** Whether somebody has to look after an agent, or after what is left of it. */
export const isSupervised = (agent: {
  image: string | null;
  healthUrl: string | null;
  container: ContainerState | null;
}): boolean => agent.image !== null || agent.healthUrl !== null || agent.container !== null;

/** A suspended agent works as little as one that was stopped. */
export const isAtWork = ({ lifecycle, isSuspended }: Omit<Supervised, 'image'>) =>
  lifecycle === 'running' && !isSuspended;

export function wantedContainer(agent: Supervised): WantedContainer {
  if (agent.image === null || agent.isSuspended) return 'absent';
  return agent.lifecycle === 'running' || agent.lifecycle === 'paused' ? agent.lifecycle : 'absent';
}

export const containerName = (agentId: string) => `mainspring-${agentId}`;

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;
/** One that ran for so long begins anew with the shortest wait. */
const RAN_WELL_MS = 600_000;
/** In a row: then a container is started again, where its policy allows. */
export const MOST_FAILURES = 3;

/** How long is waited before the nth restart. */
export const restartDelayMs = (restarts: number): number =>
  Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(16, Math.max(0, restarts - 1)));

/** When a container that waits for its restart is due, in ms since 1970; null where it waits for none. */
export const restartDueAt = (state: ContainerState | null): number | null =>
  state?.status === 'restarting' ? new Date(state.at).getTime() + restartDelayMs(state.restarts) : null;

/** How a container ended without being told to. */
export interface Ending {
  id: string | null;
  /** Null where nobody knows: it is gone, or never began. */
  exitCode: number | null;
  error: string;
  /** How long it had been running. */
  ranMs: number;
  at: Date;
}

const isStartedAgain = (policy: RestartPolicy, exitCode: number | null): boolean =>
  policy === 'always' || (policy === 'on-failure' && exitCode !== 0);

/** What becomes of a container that ended: it waits for its restart, or stays as it is. */
export function afterEnding(
  before: ContainerState | null,
  { id, exitCode, error, ranMs, at }: Ending,
  policy: RestartPolicy,
): ContainerState {
  const restarts = ranMs >= RAN_WELL_MS ? 0 : (before?.restarts ?? 0);
  const common = { id, exitCode, error, at: at.toISOString() };
  if (isStartedAgain(policy, exitCode)) return { ...common, status: 'restarting', restarts: restarts + 1 };
  return {
    ...common,
    status: exitCode === 0 ? 'stopped' : 'failed',
    restarts,
    error: exitCode === 0 ? null : error,
  };
}

/** One that ended by itself and stays so, until it is stopped and started. */
export const hasEndedForGood = (state: ContainerState | null): boolean =>
  state !== null && state.id !== null && (state.status === 'stopped' || state.status === 'failed');

/** When an agent is to be asked whether it is well, in ms since 1970: never right after its container started. */
export function checkDueAt(
  { health, container }: { health: HealthState | null; container: ContainerState | null },
  intervalMs: number,
): number {
  const moments = [health, container].flatMap((state) => (state ? [new Date(state.at).getTime()] : []));
  return moments.length === 0 ? 0 : Math.max(...moments) + intervalMs;
}

/** What a check adds to what the ones before it found. */
export const afterCheck = (before: HealthState | null, error: string | null, at: Date): HealthState => ({
  status: error === null ? 'healthy' : 'unhealthy',
  error,
  failures: error === null ? 0 : (before?.failures ?? 0) + 1,
  at: at.toISOString(),
});
