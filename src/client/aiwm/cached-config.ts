import type { AgentConfig } from '../../schemas/agent-connection.js';
import type { ConfigCache } from './aiwm-options.js';
import { debug } from './debug.js';

function isConfigOf(agentId: string, value: unknown): value is AgentConfig {
  const config = value as Partial<AgentConfig> | null;
  return (
    typeof config?.instruction === 'string' && Array.isArray(config.tools) && config.agent?.id === agentId
  );
}

/** The last known configuration of this agent; null where there is none that can be read. */
export async function readCached(
  cache: ConfigCache | undefined,
  agentId: string,
): Promise<AgentConfig | null> {
  try {
    const config: unknown = JSON.parse((await cache?.get()) || 'null');
    return isConfigOf(agentId, config) ? config : null;
  } catch {
    debug('config', 'the kept configuration cannot be read');
    return null;
  }
}

/** Never fails: the agent works without it. */
export async function writeCached(cache: ConfigCache | undefined, config: AgentConfig): Promise<void> {
  try {
    await cache?.set(JSON.stringify(config));
  } catch {
    debug('config', 'the configuration cannot be kept');
  }
}
