import { v7 as newId } from 'uuid';
import { agentConfig } from '../../agents/agent-config.js';
import { closeSession, openSession } from '../../agents/connections.js';
import { type AgentRow, findAgent, getAgent, lockAgent } from '../../db/agents.js';
import { commandsOf } from '../../domain/agent-status.js';
import {
  AgentConfig,
  AgentToken,
  ConnectAnswer,
  ConnectRequest,
  HeartbeatAnswer,
  HeartbeatRequest,
} from '../../schemas/agent-connection.js';
import { Problem } from '../../schemas/problem.js';
import { versionOfSecret } from '../agent-secret.js';
import { mintAgentToken } from '../agent-token.js';
import { wrongCredential } from '../authenticate.js';
import { keepAlive } from '../keep-alive.js';
import { ApiProblem, suspended, unavailable } from '../problem.js';
import { Reply, route } from '../route.js';
import type { Services } from '../services.js';

const tag = 'Agents';

const unknown = () => new ApiProblem('not_found', 'there is no such agent');

/** Who connects, and of which version its secret is. Only an agent that exists is counted, and told apart. */
async function admit(
  { id, secret, address }: { id: string; secret: string; address: string },
  { db, vault, connectLimit, guesses, clock }: Services,
): Promise<{ agent: AgentRow; version: number }> {
  const agent = await findAgent(db, id);
  if (!agent) throw unknown();
  await connectLimit.count(agent.id, address);
  const version = versionOfSecret(vault, agent, secret, clock());
  if (version === null) throw await guesses.refuse(address, wrongCredential());
  if (agent.is_suspended) throw suspended();
  return { agent, version };
}

async function tokenOf(agent: { orgId: string; agentId: string }, version: number, services: Services) {
  const { vault, clock } = services;
  const wish = { ...agent, credentialVersion: version, now: clock() };
  const { token, expiresAt } = await mintAgentToken(vault, wish);
  return { token, expiresAt: expiresAt.toISOString() };
}

const connectRoute = route({
  method: 'post',
  path: '/agents/:id/connect',
  callers: ['open'],
  summary: 'Connect an agent: its secret for a token and what it works with',
  description:
    'Opens a session, which heartbeats keep open; one that is open is replaced. At most 30 attempts a minute for an agent and an address.',
  tag,
  body: ConnectRequest,
  answers: { 200: ConnectAnswer, 401: Problem, 403: Problem, 404: Problem, 429: Problem },
  async handle({ params, body: { secret, context = null }, address }, services) {
    const { db, vault, starter, probes, clock } = services;
    const { agent, version } = await admit({ id: params.id, secret, address }, services);
    // A session that nobody waits for would be opened with every attempt.
    if (!(await probes.isUp('engine'))) throw unavailable('engine');
    const ref = { orgId: agent.org_id, agentId: agent.id };
    const session = { id: newId(), context, connection: 'online' as const, at: new Date(clock()) };
    const opened = await openSession(db, ref, session, {
      start: 'connect',
      // It may have been revoked since.
      admits: (row) => versionOfSecret(vault, row, secret, clock()) === version,
    });
    if (!opened) throw wrongCredential();
    if (opened.is_suspended) throw suspended();
    await starter.tellAgent(ref);
    const config = await agentConfig(services, opened, context);
    return { ...config, ...(await tokenOf(ref, version, services)) };
  },
});

const heartbeatRoute = route({
  method: 'post',
  path: '/agents/:id/heartbeat',
  callers: ['agent'],
  summary: 'Tell that an agent is alive, and how it is',
  description:
    'Keeps its session open; after a silence it opens one. Answers what has changed for the agent: another `configVersion` than it has, and what it is to do.',
  tag,
  body: HeartbeatRequest,
  answers: { 200: HeartbeatAnswer },
  async handle({ caller, body }, services) {
    const { config_version: configVersion, lifecycle } = await keepAlive(caller, body, services);
    const commands = commandsOf(lifecycle);
    return { success: true as const, configVersion, lifecycle, ...(commands.length > 0 ? { commands } : {}) };
  },
});

const refreshRoute = route({
  method: 'post',
  path: '/agents/:id/token/refresh',
  callers: ['agent'],
  summary: 'Get a new token before this one is over',
  description: 'It lives for 24 hours, and ends with the secret that the first one was made for.',
  tag,
  answers: { 200: AgentToken },
  handle: ({ caller }, services) => tokenOf(caller, caller.credentialVersion, services),
});

const disconnectRoute = route({
  method: 'post',
  path: '/agents/:id/disconnect',
  callers: ['agent'],
  summary: 'Disconnect an agent: nobody waits for its heartbeats any more',
  tag,
  answers: { 204: { description: 'Disconnected; also where it was not connected' } },
  async handle({ caller: { orgId, agentId } }, { db, starter, clock }) {
    const wasOpen = await db.transaction().execute(async (tx) => {
      const agent = await lockAgent(tx, orgId, agentId);
      return agent ? closeSession(tx, agent, { reason: 'disconnected', at: new Date(clock()) }) : false;
    });
    if (wasOpen) void starter.tryTellAgent({ orgId, agentId });
    return new Reply(204, null);
  },
});

const configRoute = route({
  method: 'get',
  path: '/agents/:id/config',
  callers: ['agent'],
  summary: 'What an agent works with now, in the context that it connected in',
  tag,
  answers: { 200: AgentConfig },
  async handle({ caller: { orgId, agentId } }, services) {
    const agent = await getAgent(services.db, orgId, agentId);
    if (!agent) throw wrongCredential();
    return agentConfig(services, agent, agent.context);
  },
});

export const agentConnectionRoutes = [
  connectRoute,
  heartbeatRoute,
  refreshRoute,
  disconnectRoute,
  configRoute,
];
