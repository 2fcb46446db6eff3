import { setTimeout as delay } from 'node:timers/promises';
import { ActivityCompletionError } from '@temporalio/client';
import { v7 as newId } from 'uuid';
import { openSession } from '../agents/connections.js';
import type { Beat } from '../agents/heartbeats.js';
import { hasLeftSince, type Presence } from '../db/heartbeats.js';
import type { HeartbeatRequest } from '../schemas/agent-connection.js';
import { isVersionValid } from './agent-secret.js';
import { wrongCredential } from './authenticate.js';
import type { AgentCaller } from './caller.js';
import { suspended, unavailable } from './problem.js';
import type { Services } from './services.js';

/** In which the workflow's next run opens the session again. */
const CONTINUED_MS = 100;

const beatOf = (
  agentId: string,
  { status, metrics, toolUse, outcomes }: HeartbeatRequest,
  at: Date,
): Beat => ({
  ...{ agentId, at, status, metrics: metrics ?? null },
  succeeded: outcomes?.succeeded ?? 0,
  failed: outcomes?.failed ?? 0,
  toolUse: Object.entries(toolUse ?? {}).map(([name, use]) => ({ name, ...use })),
});

/**
 * Takes a heartbeat: it is noted at once, so that it counts even while the engine is away, and then keeps the session
 * open or brings the agent back. Answers how the agent is.
 */
export async function keepAlive(
  { orgId, agentId, credentialVersion }: AgentCaller,
  request: HeartbeatRequest,
  services: Services,
): Promise<Presence> {
  const { heartbeats, presences, starter, retelling, clock } = services;
  const ref = { orgId, agentId };
  const beat = beatOf(agentId, request, new Date(clock()));
  heartbeats.note({ ...beat, succeeded: 0, failed: 0, toolUse: [] });
  const presence = await presences(agentId);
  // Who was revoked a moment ago must not come back by this.
  if (!presence || !isVersionValid(presence, credentialVersion, beat.at.getTime())) throw wrongCredential();
  if (presence.is_suspended) throw suspended();
  if (presence.connection === 'offline') {
    if (await comeBack(presence, { beat, credentialVersion }, services)) await starter.tellAgent(ref);
  } else if (!(await reaches(beat, ref, services)) && retelling.isDue(agentId, presence.interval_ms)) {
    await starter.tellAgent(ref);
  }
  // Only now: one that is answered otherwise is sent again, with its counts.
  if (beat.succeeded + beat.failed + beat.toolUse.length > 0) heartbeats.count(beat);
  return presence;
}

/** Whether the engine has a session that the heartbeat keeps open; between two runs of a workflow there is none. */
async function reaches(beat: Beat, ref: { orgId: string; agentId: string }, { sessions }: Services) {
  const { status, metrics, at } = beat;
  const details = { status, metrics, at: at.toISOString() };
  try {
    if (await sessions.beat(ref, details)) return true;
    await delay(CONTINUED_MS);
    return await sessions.beat(ref, details);
  } catch (error) {
    if (error instanceof ActivityCompletionError) throw unavailable('engine');
    throw error;
  }
}

/** Opens a session anew, unless the heartbeat was on its way when the agent left. */
async function comeBack(
  presence: Presence,
  { beat, credentialVersion }: { beat: Beat; credentialVersion: number },
  { db }: Services,
): Promise<boolean> {
  const { id: agentId, org_id: orgId, session_id: sessionId, context } = presence;
  const { status: connection, at } = beat;
  if (sessionId !== null && (await hasLeftSince(db, sessionId, at))) return false;
  const session = { id: newId(), context, connection, at };
  const agent = await openSession(db, { orgId, agentId }, session, {
    start: 'heartbeat',
    admits: (row) => isVersionValid(row, credentialVersion, at.getTime()),
  });
  if (agent?.is_suspended) throw suspended();
  return agent !== null;
}
