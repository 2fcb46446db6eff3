import { closeSession } from '../agents/connections.js';
import { type AgentRow, getAgent, lockAgent } from '../db/agents.js';
import type { Database, Db } from '../db/database.js';
import { readPath } from '../db/heartbeat-path.js';
import { insertTimers, type NewTimer } from '../db/timers.js';
import { windowOf } from '../domain/owner.js';
import { isSilent, type LastSeen, silentInMs } from '../domain/silence.js';
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

  /** Null of one that is not connected: it cannot fall silent. */
  async function lastSeen(tx: Db, agent: AgentRow): Promise<LastSeen | null> {
    const { connection, last_heartbeat_at: lastHeartbeatAt } = agent;
    if (connection === 'offline' || !lastHeartbeatAt) return null;
    const { pulse_at, restored_at } = await readPath(tx);
    return {
      lastHeartbeatAt: lastHeartbeatAt.getTime(),
      deadlineMs: deadlineOf(agent),
      pulseAt: pulse_at.getTime(),
      restoredAt: restored_at.getTime(),
    };
  }

  async function stateNow(agent: AgentRow): Promise<AgentState> {
    const seen = await lastSeen(db, agent);
    return stateOf(agent, seen ? silentInMs(seen, now()) : deadlineOf(agent));
  }

  async function isOverdue(tx: Db, agent: AgentRow, graceMs: number): Promise<boolean> {
    const seen = await lastSeen(tx, agent);
    return seen !== null && isSilent({ ...seen, deadlineMs: seen.deadlineMs + graceMs });
  }

  async function recordSilence({ org_id: orgId, id: agentId }: AgentRow, graceMs: number): Promise<void> {
    const fireAt = new Date(now());
    await starter.ensureOwners(orgId, fireAt);
    const timer = await db.transaction().execute(async (tx) => {
      const agent = await lockAgent(tx, orgId, agentId);
      if (!agent || !(await isOverdue(tx, agent, graceMs))) return null;
      await closeSession(tx, agent, { reason: 'silent', at: fireAt });
      const made = timerOf(agent, fireAt);
      const written = made.map((one) => ({ ...one, mustBeRead: true }));
      await insertTimers(tx, made, noticesOf(written, now()));
      return made;
    });
    if (timer === null) return;
    starter.tellChanged(orgId, fireAt);
    countSilence();
    if (timer.length > 0) countTimers('created');
    log.info({ org: orgId, agent: agentId }, 'An agent fell silent');
  }

  return async function checkAgent({ orgId, agentId, wasSilent }: AgentCheck): Promise<AgentState | null> {
    const agent = await getAgent(db, orgId, agentId);
    if (!agent) return null;
    const graceMs = wasSilent ? 0 : UNTOLD_GRACE_MS;
    if (!(await isOverdue(db, agent, graceMs))) return stateNow(agent);
    await recordSilence(agent, graceMs);
    const after = await getAgent(db, orgId, agentId);
    return after ? stateNow(after) : null;
  };
}

/** The timer that is due at once and carries what the agent's owner wants to happen; none where nothing is to. */
function timerOf(agent: AgentRow, fireAt: Date): NewTimer[] {
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
