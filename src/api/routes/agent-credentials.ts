import { closeSession, eventOf } from '../../agents/connections.js';
import { newAgentSecret } from '../../agents/new-agent-secret.js';
import { replaceSecret } from '../../db/agent-credentials.js';
import { type AgentRow, lockAgent } from '../../db/agents.js';
import { appendEvents } from '../../db/events.js';
import { notify } from '../../db/notify.js';
import { envConfig } from '../../domain/env-config.js';
import { installScript } from '../../domain/install-script.js';
import { Credentials, Regeneration } from '../../schemas/agent-connection.js';
import { Problem } from '../../schemas/problem.js';
import { ApiProblem } from '../problem.js';
import { route } from '../route.js';
import type { Services } from '../services.js';

interface Renewal {
  orgId: string;
  id: string;
  secret: string;
  overlapMs: number;
}

/** Writes the new secret's digest; answers the agent as it was, or null where there is none. */
async function renew(
  { orgId, id, secret, overlapMs }: Renewal,
  { db, vault, clock }: Services,
): Promise<AgentRow | null> {
  const at = new Date(clock());
  const previousUntil = overlapMs > 0 ? new Date(at.getTime() + overlapMs) : null;
  const [digest] = vault.digests(secret);
  return db.transaction().execute(async (tx) => {
    const agent = await lockAgent(tx, orgId, id);
    if (!agent) return null;
    const hasSecret = agent.secret_digest !== null;
    const overlapsUntil = agent.previous_until;
    if (previousUntil && overlapsUntil && overlapsUntil > at) {
      const until = overlapsUntil.toISOString();
      throw new ApiProblem(
        'wrong_state',
        `the secret before counts until ${until}: a further overlap would end it`,
      );
    }
    await replaceSecret(tx, agent, { digest, previousUntil: hasSecret ? previousUntil : null });
    await appendEvents(tx, [eventOf(agent, 'agent.credentials_regenerated', { previousUntil }, at)]);
    if (!previousUntil) await closeSession(tx, agent, { reason: 'revoked', at });
    await notify(tx, 'keys', orgId);
    return agent;
  });
}

/** What a secret is handed over with: files of the agent, with its settings in full. */
function filesOf(agent: AgentRow, secret: string, baseUrl: string, { vault }: Services) {
  const config = envConfig({
    ...{ baseUrl, secret },
    agent: { id: agent.id, name: agent.name, model: agent.model },
    settings: JSON.parse(vault.open(agent.settings)),
    environment: JSON.parse(vault.open(agent.environment)),
  });
  const { id: agentId, name, interval_ms: intervalMs } = agent;
  return {
    envConfig: config,
    installScript: installScript({ baseUrl, agentId, name, intervalMs, envConfig: config }),
  };
}

const regenerateRoute = route({
  method: 'post',
  path: '/agents/:id/credentials/regenerate',
  callers: ['admin'],
  summary: "Make an agent's secret, or another one; it is shown this once",
  description:
    'The secret before and its tokens end at once, and with them the session, or after `overlap`. Takes no Idempotency-Key: what is shown once is not kept to be shown again; a repeat makes another secret, but while an overlap runs there is no further one (409): it would end the secret that the agent still uses.',
  tag: 'Agents',
  body: Regeneration,
  answers: { 200: Credentials, 404: Problem, 409: Problem },
  async handle({ params, body: { overlap = 0 }, caller: { orgId }, origin }, services) {
    const { starter } = services;
    const secret = newAgentSecret();
    const agent = await renew({ orgId, id: params.id, secret, overlapMs: overlap }, services);
    if (!agent) throw new ApiProblem('not_found', 'there is no such agent');
    // Not waited for: the secret would be lost with the answer, and a session that nobody ends falls silent unheard.
    void starter.tryTellAgent({ orgId, agentId: agent.id });
    return { agentId: agent.id, secret, ...filesOf(agent, secret, origin, services) };
  },
});

export const agentCredentialRoutes = [regenerateRoute];
