import type { Container } from '../../containers/container-runtime.js';
import type { AgentRow } from '../../db/agents.js';
import type { GuardedFetch } from '../../outbound/guarded-fetch.js';
import { OutboundError } from '../../outbound/outbound-error.js';
import type { Vault } from '../../secrets/vault.js';

export interface CheckHealthOptions {
  fetch: GuardedFetch;
  vault: Pick<Vault, 'open'>;
  /** Of Mainspring, told to agents. */
  version: string;
}

/** For one answer; the body is not waited for. */
export const CHECK_LIMITS = { timeoutMs: 5_000, mostBytes: 65_536 };

async function askedUrl(
  url: string,
  { fetch, version }: CheckHealthOptions,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const headers = { 'user-agent': `Mainspring/${version}` };
    const response = await fetch(url, { headers, signal });
    await response.body?.cancel();
    return response.ok ? null : `answered ${response.status}`;
  } catch (error) {
    if (error instanceof OutboundError) return error.failure;
    throw error;
  }
}

/** Why an agent is not well; null where it is. `container` is its own, where it has one. */
export async function checkHealth(
  { health_url: sealed }: Pick<AgentRow, 'health_url'>,
  container: Container | null,
  options: CheckHealthOptions,
  signal: AbortSignal,
): Promise<string | null> {
  if (container?.health === 'unhealthy') return "the image's own health check fails";
  return sealed === null ? null : askedUrl(options.vault.open(sealed), options, signal);
}
