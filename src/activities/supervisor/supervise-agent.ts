import { closeSession, eventOf } from '../../agents/connections.js';
import { type AgentRow, getAgent, lockAgent } from '../../db/agents.js';
import { appendEvents, type NewEvent } from '../../db/events.js';
import { writeSupervision } from '../../db/supervision.js';
import {
  afterCheck,
  afterEnding,
  checkDueAt,
  containerName,
  isAtWork,
  MOST_FAILURES,
  restartDueAt,
} from '../../domain/supervision.js';
import type { Starter } from '../../engine/starter.js';
import type { AgentRef } from '../../messages/agent.js';
import type { Supervision } from '../../messages/supervisor.js';
import type { HealthState } from '../../schemas/hosting.js';
import { type CheckHealthOptions, checkHealth } from './check-health.js';
import {
  dismiss,
  type KeepContainerOptions,
  type KeptContainer,
  keepContainer,
  STOP_SECONDS,
} from './keep-container.js';

export interface SuperviseAgentOptions extends KeepContainerOptions, CheckHealthOptions {
  vault: KeepContainerOptions['vault'];
  starter: Pick<Starter, 'tryTellAgent'>;
}

export interface AgentSupervision extends AgentRef {
  /** Its workflow has seen a container of it. */
  hasContainer: boolean;
}

/** What a look at an agent came to, to be written. */
interface Look {
  container: KeptContainer['state'];
  health: HealthState | null;
  events: NewEvent[];
}

/** A check is not put off for less. */
const EARLY_MS = 20;

type Options = SuperviseAgentOptions;

/** Of a deleted agent. Where no container of it was ever seen, a runtime that is away is not waited for. */
async function removeLeftOver({ runtime, log }: Options, about: AgentSupervision): Promise<void> {
  const { orgId, agentId, hasContainer } = about;
  try {
    const found = await runtime.find(containerName(agentId));
    if (found) await dismiss(runtime, found);
  } catch (error) {
    if (hasContainer) throw error;
    log.debug({ org: orgId, agent: agentId, error }, 'Whether a deleted agent left a container is not known');
  }
}

/** What the look at its container alone came to. */
function lookOf(agent: AgentRow, { state, failure, isFresh }: KeptContainer, at: Date): Look {
  const health = isFresh ? null : agent.health;
  if (failure === null) return { container: state, health, events: [] };
  const after = afterCheck(health, failure.error, at);
  const data = { ...failure, failures: after.failures, container: state?.status };
  return { container: state, health: after, events: [eventOf(agent, 'agent.health_check_failed', data, at)] };
}

/** One that is not well for long is started again, where its policy allows: its restart is due after a moment. */
async function restartUnwell(
  { runtime, now }: Options,
  { restart_policy: policy }: AgentRow,
  { look, kept }: { look: Look; kept: KeptContainer },
): Promise<Look> {
  const { health } = look;
  if (!health || !kept.running || health.failures < MOST_FAILURES || policy === 'no') return look;
  const { id, startedAt } = kept.running;
  await runtime.stop(id, STOP_SECONDS);
  const at = new Date(now());
  const ranMs = startedAt ? at.getTime() - startedAt.getTime() : 0;
  const error = `it was not well ${health.failures} times in a row: ${health.error}`;
  return { ...look, container: afterEnding(kept.state, { id, exitCode: null, error, ranMs, at }, policy) };
}

async function checked(
  options: Options,
  agent: AgentRow,
  { look, kept, signal }: { look: Look; kept: KeptContainer; signal: AbortSignal },
): Promise<Look> {
  const beganAt = options.now();
  const error = await checkHealth(agent, kept.running, options, signal);
  const at = new Date(options.now());
  const health = afterCheck(look.health, error, at);
  const { status, failures } = health;
  const type = error === null ? 'agent.health_checked' : 'agent.health_check_failed';
  const told = eventOf(agent, type, { status, error, failures, latencyMs: at.getTime() - beganAt }, at);
  const after = { ...look, health, events: [...look.events, told] };
  return restartUnwell(options, agent, { look: after, kept });
}

/** A container that is paused or gone sends no heartbeats: that is no silence. */
async function write({ database, starter, now }: Options, agent: AgentRow, look: Look): Promise<void> {
  const { container, health, events } = look;
  const isQuiet = container?.status === 'paused' || container?.status === 'stopped';
  const isSame = JSON.stringify([container, health]) === JSON.stringify([agent.container, agent.health]);
  if (isSame && events.length === 0) return;
  const hasLeft = await database.db.transaction().execute(async (tx) => {
    const row = await lockAgent(tx, agent.org_id, agent.id);
    if (!row) return false;
    await writeSupervision(tx, row, { container, health });
    await appendEvents(tx, events);
    return isQuiet && closeSession(tx, row, { reason: 'disconnected', at: new Date(now()) });
  });
  if (hasLeft) await starter.tryTellAgent({ orgId: agent.org_id, agentId: agent.id });
}

/**
 * Looks after an agent once: makes its container what its row says, asks whether it is well where that is due, and
 * writes what it found. Null where there is nothing to look after, and nothing left to be removed.
 */
export function createSuperviseAgent(options: SuperviseAgentOptions) {
  const { database, now } = options;
  return async function superviseAgent(
    about: AgentSupervision,
    signal: AbortSignal,
  ): Promise<Supervision | null> {
    const agent = await getAgent(database.db, about.orgId, about.agentId);
    if (!agent) {
      await removeLeftOver(options, about);
      return null;
    }
    const kept = await keepContainer(options, agent);
    const isAsked =
      isAtWork({ lifecycle: agent.lifecycle, isSuspended: agent.is_suspended }) &&
      (agent.image === null ? agent.health_url !== null : kept.running !== null);
    const nextCheckAt = (look: Look) => checkDueAt(look, agent.health_interval_ms);
    let look = lookOf(agent, kept, new Date(now()));
    if (isAsked && nextCheckAt(look) <= now() + EARLY_MS)
      look = await checked(options, agent, { look, kept, signal });
    await write(options, agent, look);
    const moments = [kept.dueAt, restartDueAt(look.container), isAsked ? nextCheckAt(look) : null];
    return supervisionOf(agent, look, { moments, now: now() });
  };
}

/** Whatever is wrong, it is no loop. */
const SHORTEST_REST_MS = 50;
const UP = ['starting', 'running', 'paused'];

function supervisionOf(
  { name }: AgentRow,
  { container, health }: Look,
  { moments, now }: { moments: (number | null)[]; now: number },
): Supervision | null {
  const watched = container && UP.includes(container.status) ? container.id : null;
  const ahead = moments.filter((moment) => moment !== null);
  if (ahead.length === 0 && watched === null) return null;
  return {
    ...{ name, container, health, watched },
    restMs: ahead.length === 0 ? null : Math.max(SHORTEST_REST_MS, Math.min(...ahead) - now),
  };
}
