import type { Vault } from '../secrets/vault.js';
import { claimsToBe, type MintedToken, mintToken, readToken, type TokenKind } from './signed-token.js';

const LIFETIME_SECONDS = 86_400;
const KIND: TokenKind = {
  audience: 'mainspring-agent',
  type: 'agent+jwt',
  longestSeconds: LIFETIME_SECONDS,
};

/** What an agent's token says; whether its version still counts is for the agent's row to say. */
export interface AgentClaims {
  orgId: string;
  agentId: string;
  credentialVersion: number;
  tokenId: string;
}

/** Signs an agent's token: it lives for 24 hours from `now`, ms since 1970. */
export const mintAgentToken = (
  vault: Vault,
  { agentId, ...wish }: Omit<AgentClaims, 'tokenId'> & { now: number },
): Promise<MintedToken> => mintToken(vault, KIND, { ...wish, subject: agentId, seconds: LIFETIME_SECONDS });

/** Reads an agent's token; null for anything that we did not sign, or that is over. */
export async function readAgentToken(vault: Vault, token: string, now: number): Promise<AgentClaims | null> {
  const claims = await readToken(vault, KIND, token, now);
  if (claims?.subject === undefined) return null;
  const { subject: agentId, orgId, credentialVersion, tokenId } = claims;
  return { orgId, agentId, credentialVersion, tokenId };
}

export const looksLikeAgentToken = (token: string): boolean => claimsToBe(KIND, token);
