import { createHash } from 'node:crypto';
import type { Config } from '../../config.js';
import type { ContainerWish } from '../../containers/container-runtime.js';
import type { AgentRow } from '../../db/agents.js';
import { apiUrlForContainers, containerEnvironment } from '../../domain/container-environment.js';
import { limitsOf } from '../../domain/resources.js';
import { containerName } from '../../domain/supervision.js';
import type { Vault } from '../../secrets/vault.js';

export interface ContainerOfOptions {
  config: Config;
  vault: Pick<Vault, 'open'>;
}

/** Of a container: what it was made from. One with another value is another agent's wish. */
const SPEC_LABEL = 'mainspring.spec';

const environmentOf = (agent: AgentRow, vault: Pick<Vault, 'open'>): Record<string, string> =>
  JSON.parse(vault.open(agent.environment));

/** What the container of an agent is made from, its credentials among them, as a digest. */
export function specOf(agent: AgentRow, { config, vault }: ContainerOfOptions): string {
  const { image, resources, credential_version: version } = agent;
  const network = config.CONTAINER_NETWORK;
  const parts = [
    image,
    environmentOf(agent, vault),
    resources,
    version,
    network,
    apiUrlForContainers(config),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

export const isMadeFrom = ({ labels }: Pick<ContainerWish, 'labels'>, spec: string) =>
  labels[SPEC_LABEL] === spec;

/** The container that an agent shall have, with the secret that its row has the digest of. */
export function wishOf(
  agent: AgentRow,
  image: string,
  secret: string,
  options: ContainerOfOptions,
): ContainerWish {
  const { config, vault } = options;
  const connection = { agentId: agent.id, secret, url: apiUrlForContainers(config) };
  return {
    name: containerName(agent.id),
    image,
    environment: containerEnvironment(environmentOf(agent, vault), connection),
    labels: {
      'mainspring.agent': agent.id,
      'mainspring.org': agent.org_id,
      [SPEC_LABEL]: specOf(agent, options),
    },
    limits: limitsOf(agent.resources),
  };
}
