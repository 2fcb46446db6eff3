export interface ContainerConnection {
  agentId: string;
  secret: string;
  /** Where the agent reaches the API. */
  url: string;
}

/**
 * The variables of an agent in a container: its own, and what connects it, under the names of `AIWMClient` as well.
 * What connects it counts where both name the same.
 */
export const containerEnvironment = (
  own: Record<string, string>,
  { agentId, secret, url }: ContainerConnection,
): Record<string, string> => ({
  ...own,
  AGENT_ID: agentId,
  AGENT_SECRET: secret,
  MAINSPRING_URL: url,
  AIWM_ENABLED: 'true',
  AIWM_BASE_URL: url,
  AIWM_AGENT_ID: agentId,
  AIWM_AGENT_SECRET: secret,
});

export interface ApiAddress {
  CONTAINER_API_URL?: string | undefined;
  PUBLIC_URL?: string | undefined;
  CONTAINER_NETWORK: string;
  PORT: number;
}

/** Where containers reach the API: as the operator says, else on the machine that runs both. */
export function apiUrlForContainers(config: ApiAddress): string {
  const { CONTAINER_NETWORK: network, PORT: port } = config;
  const host = network === 'host' ? '127.0.0.1' : 'host.docker.internal';
  return config.CONTAINER_API_URL ?? config.PUBLIC_URL ?? `http://${host}:${port}`;
}
