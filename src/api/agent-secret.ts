import { timingSafeEqual } from 'node:crypto';
import type { AgentRow } from '../db/agents.js';
import type { Vault } from '../secrets/vault.js';

const isSame = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

type Credentials = Pick<
  AgentRow,
  'secret_digest' | 'previous_secret_digest' | 'previous_until' | 'credential_version'
>;

/** Whether tokens of a version count at `now`: those of the one before do until its overlap is over. */
export function isVersionValid(
  agent: Pick<Credentials, 'credential_version' | 'previous_until'>,
  version: number,
  now: number,
): boolean {
  if (version === agent.credential_version) return true;
  return version === agent.credential_version - 1 && (agent.previous_until?.getTime() ?? 0) > now;
}

/**
 * The version of the credentials that a secret belongs to, or null where it is none of the agent's. Each digest that
 * the secret may be kept under is compared, in constant time.
 */
export function versionOfSecret(
  vault: Pick<Vault, 'digests'>,
  agent: Credentials,
  secret: string,
  now: number,
): number | null {
  const digests = vault.digests(secret);
  const matches = (kept: string | null) =>
    kept !== null && digests.filter((digest) => isSame(digest, kept)).length > 0;
  const isCurrent = matches(agent.secret_digest);
  const isPrevious = matches(agent.previous_secret_digest);
  const { credential_version: version } = agent;
  if (isCurrent) return version;
  return isPrevious && isVersionValid(agent, version - 1, now) ? version - 1 : null;
}
