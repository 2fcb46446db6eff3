import { closeSession } from '../agents/connections.js';
import { type AgentRow, getAgent, lockAgent } from '../db/agents.js';
import type { Database } from '../db/database.js';
import { type Path, readPath } from '../db/heartbeat-path.js';
import { insertTimers, type NewTimer } from '../db/timers.js';
import { windowOf } from '../domain/owner.js';
import { isSilent, type LastSeen, PULSE_MS, silentInMs } from '../domain/silence.js';
import { silenceActions, silenceTimerId } from '../domain/silence-timer.js';
import { noticesOf } from '../domain/timers-notice.js';
import type { Starter } from '../engine/starter.js';
import type { Log } from '../log.js';
import type { AgentRef, AgentState } from '../messages/agent.js';
import { countSilence, countTimers } from '../metrics.js';

/** The rows follow the heartbeats in batches: without word from the engine a little more is waited for. */
const UNTOLD_GRACE_MS = 5_000;

export interface CheckAgentOptions {
  database: Database;
  starter: Pick<Starter, 'ensureOwners' | 'tellChanged'>;
  log: Log;
  now?: () => number;
}

export interface AgentCheck extends AgentRef {
  /** Heartbeats stayed out for the session's deadline. */
  wasSilent: boolean;
}

const deadlineOf = ({ interval_ms, missed_after }: AgentRow) => interval_ms * missed_after;

/** Of a shorter deadline the agent learns by its next heartbeat, which the one of before allows it. */
function holdingDeadlineOf(agent: AgentRow): number {
  const { last_heartbeat_at: last, deadline_changed_at: changedAt, deadline_before_ms: before } = agent;
  const isTold = last !== null && (changedAt === null || last > changedAt);
  return isTold ? deadlineOf(agent) : Math.max(deadlineOf(agent), before ?? 0);
}

const stateOf = (agent: AgentRow, leftMs: number): AgentState => ({
  name: agent.name,
  lifecycle: agent.lifecycle,
  isSuspended: agent.is_suspended,
  connection: agent.connection,
  deadlineMs: deadlineOf(agent),
  silentInMs: leftMs,
  lastHeartbeatAt: agent.last_heartbeat_at?.toISOString() ?? null,
});

/**
 * How an agent is, as its row says; null where it was deleted. One that is silent is marked so, once, together with
 * the timer that runs its `onMissed` actions.
 */
export function createCheckAgent({ database, starter, log, now = Date.now }: CheckAgentOptions) {
  const { db } = database;

  /** As of the latest pulse: what comes after it can only be heard of later. */
  const seenOf = (agent: AgentRow, { pulse_at, restored_at }: Path): LastSeen => ({
    lastHeartbeatAt: agent.last_heartbeat_at?.getTime() ?? 0,
    deadlineMs: holdingDeadlineOf(agent),
    pulseAt: pulse_at.getTime(),
    restoredAt: restored_at.getTime(),
  });

  const isOverdue = (agent: AgentRow, path: Path, graceMs: number): boolean => {
    const seen = seenOf(agent, path);
    return agent.connection !== 'offline' && isSilent({ ...seen, deadlineMs: seen.deadlineMs + graceMs });
  };

  /** Never later than the deadline says: a heartbeat may have put it in force by then. */
  const stateNow = (agent: AgentRow, path: Path): AgentState =>
    stateOf(agent, Math.min(silentInMs(seenOf(agent, path), now()), deadlineOf(agent) + PULSE_MS));

  /** The agent as it is then: a heartbeat that was written meanwhile makes it one that is not silent. */
  async function recordSilence(
    { org_id: orgId, id: agentId, on_missed: onMissed }: AgentRow,
    path: Path,
    graceMs: number,
  ): Promise<AgentState | null> {
    const at = new Date(now());
    if (onMissed.length > 0) await starter.ensureOwners(orgId, at);
    const recorded = await db.transaction().execute(async (tx) => {
      const agent = await lockAgent(tx, orgId, agentId);
      if (!agent || !isOverdue(agent, path, graceMs)) return { agent, timers: null };
      await closeSession(tx, agent, { reason: 'silent', at });
      const timers = timersOf(agent, at);
      const written = timers.map((one) => ({ ...one, mustBeRead: true }));
      if (timers.length > 0) await insertTimers(tx, timers, noticesOf(written, now()));
      return { agent: { ...agent, connection: 'offline' as const }, timers };
    });
    const { agent, timers } = recorded;
    if (timers) {
      countSilence();
      countTimers('created', timers.length);
      if (timers.length > 0) starter.tellChanged(orgId, at);
      log.info({ org: orgId, agent: agentId }, 'An agent fell silent');
    }
    return agent ? stateNow(agent, path) : null;
  }

  return async function checkAgent({ orgId, agentId, wasSilent }: AgentCheck): Promise<AgentState | null> {
    const agent = await getAgent(db, orgId, agentId);
    if (!agent) return null;
    if (agent.connection === 'offline') return stateOf(agent, deadlineOf(agent));
    const path = await readPath(db);
    const graceMs = wasSilent ? 0 : UNTOLD_GRACE_MS;
    return isOverdue(agent, path, graceMs) ? recordSilence(agent, path, graceMs) : stateNow(agent, path);
  };
}

/** The timer that is due at once and carries what the agent's owner wants to happen; none where nothing is to. */
function timersOf(agent: AgentRow, fireAt: Date): NewTimer[] {
  const { session_id: sessionId, last_heartbeat_at: last, on_missed: onMissed } = agent;
  if (sessionId === null || last === null || onMissed.length === 0) return [];
  const silence = { agentId: agent.id, name: agent.name, sessionId, lastHeartbeatAt: last.toISOString() };
  return [
    {
      orgId: agent.org_id,
      id: silenceTimerId(silence),
      tenantId: agent.id,
      requestedBy: 'mainspring',
      name: `${agent.name} is silent`.slice(0, 200),
      durationMs: 0,
      fireAt,
      windowAt: windowOf(fireAt),
      metadata: silence,
      labels: {},
      actionBundle: { actions: silenceActions(onMissed, silence) },
      everyMs: null,
      repeatCount: null,
      repeatUntil: null,
      createdAt: fireAt,
    },
  ];
}
