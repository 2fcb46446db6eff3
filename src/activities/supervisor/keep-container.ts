import { type Container, type ContainerRuntime, RuntimeError } from '../../containers/container-runtime.js';
import type { AgentRow } from '../../db/agents.js';
import {
  afterEnding,
  containerName,
  type Ending,
  hasEndedForGood,
  restartDueAt,
  wantedContainer,
} from '../../domain/supervision.js';
import type { Log } from '../../log.js';
import type { ContainerState, RestartPolicy } from '../../schemas/hosting.js';
import { isMadeFrom, specOf } from './container-of.js';
import { type MakeContainerOptions, makeContainer } from './make-container.js';

/** An agent's container after a look at it. */
export interface KeptContainer {
  state: ContainerState | null;
  /** As the runtime has it, where it runs. */
  running: Container | null;
  /** When to look again, in ms since 1970, or null. */
  dueAt: number | null;
  /** What went wrong just now, or null. */
  failure: { error: string; exitCode: number | null } | null;
  /** It was started just now: what was known of its health is of before. */
  isFresh: boolean;
}

export interface KeepContainerOptions extends MakeContainerOptions {
  log: Log;
  now: () => number;
}

/** After SIGTERM, before SIGKILL. */
export const STOP_SECONDS = 10;
/** A runtime that is away is asked again after so long. */
const AWAY_MS = 5_000;

const UNCHANGED = { running: null, dueAt: null, failure: null, isFresh: false };

/** Ends and removes a container, also one that is paused: such a one hears no signal. */
export async function dismiss(runtime: ContainerRuntime, { id, status }: Container): Promise<void> {
  if (status === 'paused') await runtime.unpause(id);
  if (status !== 'ended' && status !== 'created') await runtime.stop(id, STOP_SECONDS);
  await runtime.remove(id);
}

const isUp = (found: Container | null) => found?.status === 'running' || found?.status === 'paused';
const wasUp = (state: ContainerState | null) =>
  state !== null && state.id !== null && ['starting', 'running', 'paused'].includes(state.status);

function endingOf(found: Container | null, at: Date): Ending {
  const { id = null, exitCode = null, wasOutOfMemory = false, startedAt = null } = found ?? {};
  const code = `it ended with exit code ${exitCode}`;
  const why = wasOutOfMemory ? `${code}: it used more memory than it may` : code;
  const ranMs = startedAt ? at.getTime() - startedAt.getTime() : 0;
  return { id, exitCode, error: found ? why : 'it was removed', ranMs, at };
}

/** The state of a container that is there; since when it is so stays what it was. */
function stateOf(found: Container, before: ContainerState | null, at: Date): ContainerState {
  const isStarting = found.health === 'starting';
  const status = found.status === 'paused' ? 'paused' : isStarting ? 'starting' : 'running';
  const isSame = before?.id === found.id && before.status === status;
  return {
    ...{ id: found.id, status, exitCode: null, error: null, restarts: before?.restarts ?? 0 },
    at: isSame ? before.at : at.toISOString(),
  };
}

const stoppedState = (before: ContainerState | null, at: Date): ContainerState | null =>
  before && {
    ...{ id: null, status: 'stopped', exitCode: null, error: null, restarts: 0 },
    at: before.status === 'stopped' ? before.at : at.toISOString(),
  };

async function keptAbsent(
  { runtime, now }: KeepContainerOptions,
  { id, image, container }: AgentRow,
): Promise<KeptContainer> {
  const found = await runtime.find(containerName(id));
  if (found) await dismiss(runtime, found);
  return { ...UNCHANGED, state: image === null ? null : stoppedState(container, new Date(now())) };
}

async function keptPaused(
  { runtime, now }: KeepContainerOptions,
  { id, container: before }: AgentRow,
): Promise<KeptContainer> {
  const found = await runtime.find(containerName(id));
  if (!found || !isUp(found)) return { ...UNCHANGED, state: stoppedState(before, new Date(now())) };
  if (found.status === 'running') await runtime.pause(found.id);
  const paused = { ...found, status: 'paused' as const };
  return { ...UNCHANGED, state: stateOf(paused, before, new Date(now())), running: paused };
}

/** One that ended, or could not be started: it waits for its next start, or stays so. */
function keptEnded(
  { log }: KeepContainerOptions,
  agent: AgentRow,
  { ending, policy }: { ending: Ending; policy: RestartPolicy },
): KeptContainer {
  const state = afterEnding(agent.container, ending, policy);
  log.warn({ org: agent.org_id, agent: agent.id, status: state.status }, 'A container ended by itself');
  const { error, exitCode } = ending;
  return { ...UNCHANGED, state, dueAt: restartDueAt(state), failure: { error, exitCode } };
}

/** Starts the container that is there, or a new one. */
async function started(
  options: KeepContainerOptions,
  agent: AgentRow,
  found: Container | null,
): Promise<KeptContainer> {
  const { runtime, log, now } = options;
  const at = new Date(now());
  const id = found?.id ?? (await makeContainer(options, agent, at));
  if (id === null) return { ...UNCHANGED, state: agent.container };
  await runtime.start(id);
  const running = await runtime.find(id);
  if (!running || !isUp(running)) {
    // So short a life is an end like any other.
    return keptEnded(options, agent, { ending: endingOf(running, at), policy: agent.restart_policy });
  }
  log.info({ org: agent.org_id, agent: agent.id }, 'A container was started');
  return { ...UNCHANGED, state: stateOf(running, agent.container, at), running, isFresh: true };
}

/** One that cannot be started is tried again, ever more slowly, whatever its policy. */
async function begun(
  options: KeepContainerOptions,
  agent: AgentRow,
  found: Container | null,
): Promise<KeptContainer> {
  // What was before its stop does not count.
  const counted = agent.container?.status === 'restarting' ? agent : { ...agent, container: null };
  try {
    return await started(options, counted, found);
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.code === 'no_container_runtime') throw error;
    const at = new Date(options.now());
    const ending = { id: null, exitCode: null, error: error.message, ranMs: 0, at };
    return keptEnded(options, counted, { ending, policy: 'always' });
  }
}

async function keptRunning(options: KeepContainerOptions, agent: AgentRow): Promise<KeptContainer> {
  const { runtime, now } = options;
  const { container: before } = agent;
  const standing = await runtime.find(containerName(agent.id));
  if (standing && !isMadeFrom(standing, specOf(agent, options))) {
    await dismiss(runtime, standing);
    return begun(options, { ...agent, container: null }, null);
  }
  if (standing && isUp(standing)) {
    if (standing.status === 'paused') await runtime.unpause(standing.id);
    const running = { ...standing, status: 'running' as const };
    return { ...UNCHANGED, state: stateOf(running, before, new Date(now())), running };
  }
  if (hasEndedForGood(before)) return { ...UNCHANGED, state: before };
  if (wasUp(before)) {
    const ending = endingOf(standing, new Date(now()));
    return keptEnded(options, agent, { ending, policy: agent.restart_policy });
  }
  const dueAt = restartDueAt(before);
  if (dueAt !== null && dueAt > now()) return { ...UNCHANGED, state: before, dueAt };
  return begun(options, agent, standing);
}

/** Nothing is known of it, or it did not do as it was told: what was known stays, with a word about that. */
function unkept(before: ContainerState | null, error: string, now: number): KeptContainer {
  const at = new Date(now).toISOString();
  const none = { id: null, status: 'starting', exitCode: null, error, restarts: 0, at } as const;
  return { ...UNCHANGED, state: before ? { ...before, error } : none, dueAt: now + AWAY_MS };
}

const KEPT = { absent: keptAbsent, paused: keptPaused, running: keptRunning };

/** Makes an agent's container what its lifecycle says, as far as can be done now. */
export async function keepContainer(options: KeepContainerOptions, agent: AgentRow): Promise<KeptContainer> {
  const { lifecycle, is_suspended: isSuspended, image, container } = agent;
  if (image === null && container === null) return { ...UNCHANGED, state: null };
  try {
    return await KEPT[wantedContainer({ lifecycle, isSuspended, image })](options, agent);
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    return unkept(container, error.message, options.now());
  }
}
