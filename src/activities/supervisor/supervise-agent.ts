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
  createKeepContainer,
  dismiss,
  type KeepContainerOptions,
  type KeptContainer,
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

/**
 * Looks after an agent once: makes its container what its row says, asks whether it is well where that is due, and
 * writes what it found. Null where there is nothing to look after, and nothing left to be removed.
 */
export function createSuperviseAgent(options: SuperviseAgentOptions) {
  const { database, runtime, starter, log, now } = options;
  const { db } = database;
  const keepContainer = createKeepContainer(options);

  /** Of a deleted agent. Where no container of it was ever seen, a runtime that is away is not waited for. */
  async function removeLeftOver({ orgId, agentId, hasContainer }: AgentSupervision): Promise<void> {
    try {
      const found = await runtime.find(containerName(agentId));
      if (found) await dismiss(runtime, found);
    } catch (error) {
      if (hasContainer) throw error;
      log.warn(
        { org: orgId, agent: agentId, error },
        'Whether a deleted agent left a container is not known',
      );
    }
  }

  /** One that is not well for long is started again, where its policy allows: its restart is due after a moment. */
  async function restartUnwell(agent: AgentRow, look: Look, kept: KeptContainer): Promise<Look> {
    const { health } = look;
    if (!health || !kept.running || health.failures < MOST_FAILURES || agent.restart_policy === 'no')
      return look;
    const { id, startedAt } = kept.running;
    await runtime.stop(id, STOP_SECONDS);
    const at = new Date(now());
    const error = `it was not well ${health.failures} times in a row: ${health.error}`;
    const ending = {
      id,
      exitCode: null,
      error,
      ranMs: startedAt ? at.getTime() - startedAt.getTime() : 0,
      at,
    };
    return { ...look, container: afterEnding(kept.state, ending, agent.restart_policy) };
  }

  async function checked(
    agent: AgentRow,
    kept: KeptContainer,
    look: Look,
    signal: AbortSignal,
  ): Promise<Look> {
    const beganAt = now();
    const error = await checkHealth(agent, kept.running, options, signal);
    const health = afterCheck(look.health, error, new Date(now()));
    const data = { status: health.status, error, failures: health.failures, latencyMs: now() - beganAt };
    const type = error === null ? 'agent.health_checked' : 'agent.health_check_failed';
    const events = [...look.events, eventOf(agent, type, data, new Date(now()))];
    return restartUnwell(agent, { ...look, health, events }, kept);
  }

  function lookAt(agent: AgentRow, { state, failure, isFresh }: KeptContainer): Look {
    const health = isFresh ? null : agent.health;
    if (failure === null) return { container: state, health, events: [] };
    const at = new Date(now());
    const after = afterCheck(health, failure.error, at);
    const data = { ...failure, failures: after.failures, container: state?.status };
    return {
      container: state,
      health: after,
      events: [eventOf(agent, 'agent.health_check_failed', data, at)],
    };
  }

  /** A container that is paused or gone sends no heartbeats: that is no silence. */
  async function write(agent: AgentRow, { container, health, events }: Look): Promise<void> {
    const isQuiet = container?.status === 'paused' || container?.status === 'stopped';
    const isSame = JSON.stringify([container, health]) === JSON.stringify([agent.container, agent.health]);
    if (isSame && events.length === 0) return;
    const hasLeft = await db.transaction().execute(async (tx) => {
      const row = await lockAgent(tx, agent.org_id, agent.id);
      if (!row) return false;
      await writeSupervision(tx, row, { container, health });
      await appendEvents(tx, events);
      return isQuiet && closeSession(tx, row, { reason: 'disconnected', at: new Date(now()) });
    });
    if (hasLeft) await starter.tryTellAgent({ orgId: agent.org_id, agentId: agent.id });
  }

  return async function superviseAgent(
    about: AgentSupervision,
    signal: AbortSignal,
  ): Promise<Supervision | null> {
    const agent = await getAgent(db, about.orgId, about.agentId);
    if (!agent) {
      await removeLeftOver(about);
      return null;
    }
    const kept = await keepContainer(agent);
    const isAsked =
      isAtWork({ lifecycle: agent.lifecycle, isSuspended: agent.is_suspended }) &&
      (agent.image === null ? agent.health_url !== null : kept.running !== null);
    const nextCheckAt = (look: Look) => checkDueAt(look, agent.health_interval_ms);
    let look = lookAt(agent, kept);
    if (isAsked && nextCheckAt(look) <= now() + EARLY_MS) look = await checked(agent, kept, look, signal);
    await write(agent, look);
    const moments = [kept.dueAt, restartDueAt(look.container), isAsked ? nextCheckAt(look) : null];
    return supervisionOf(agent, look, { moments, now: now() });
  };
}

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
    restMs: ahead.length === 0 ? null : Math.max(0, Math.min(...ahead) - now),
  };
}
