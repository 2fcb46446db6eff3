import { closeSession, eventOf } from '../../agents/connections.js';
import { newAgentSecret } from '../../agents/new-agent-secret.js';
import type { ContainerRuntime } from '../../containers/container-runtime.js';
import { replaceSecret } from '../../db/agent-credentials.js';
import { type AgentRow, lockAgent } from '../../db/agents.js';
import type { Database } from '../../db/database.js';
import { appendEvents } from '../../db/events.js';
import { notify } from '../../db/notify.js';
import { writeSupervision } from '../../db/supervision.js';
import type { Vault } from '../../secrets/vault.js';
import { type ContainerOfOptions, wishOf } from './container-of.js';

export interface MakeContainerOptions extends ContainerOfOptions {
  database: Pick<Database, 'db'>;
  vault: Pick<Vault, 'open' | 'digests'>;
  runtime: ContainerRuntime;
}

/** Gives an agent a secret that only its next container will know; null where the agent is gone. */
async function newSecret(
  { database, vault }: MakeContainerOptions,
  { org_id: orgId, id, container }: AgentRow,
  at: Date,
): Promise<{ agent: AgentRow; secret: string } | null> {
  const secret = newAgentSecret();
  const [digest] = vault.digests(secret);
  return database.db.transaction().execute(async (tx) => {
    const agent = await lockAgent(tx, orgId, id);
    if (!agent) return null;
    await replaceSecret(tx, agent, { digest, previousUntil: null });
    const restarts = container?.restarts ?? 0;
    const starting = { id: null, status: 'starting', exitCode: null, error: null } as const;
    await writeSupervision(tx, agent, {
      container: { ...starting, restarts, at: at.toISOString() },
      health: null,
    });
    const isFirst = agent.secret_digest === null;
    if (!isFirst)
      await appendEvents(tx, [
        eventOf(agent, 'agent.credentials_regenerated', { previousUntil: null, by: 'container' }, at),
      ]);
    await closeSession(tx, agent, { reason: 'revoked', at });
    await notify(tx, 'keys', orgId);
    return { agent: { ...agent, credential_version: agent.credential_version + 1 }, secret };
  });
}

/** Makes an agent's container, not started yet; null where the agent is gone or has no image any more. */
export async function makeContainer(
  options: MakeContainerOptions,
  agent: AgentRow,
  at: Date,
): Promise<string | null> {
  const made = await newSecret(options, agent, at);
  if (!made || made.agent.image === null) return null;
  return options.runtime.create(wishOf(made.agent, made.agent.image, made.secret, options));
}
