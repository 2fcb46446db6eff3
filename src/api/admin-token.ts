import type { Vault } from '../secrets/vault.js';
import { mintToken, readToken, type TokenClaims, type TokenKind } from './signed-token.js';

const DAY_SECONDS = 86_400;
/** Days that an admin token can live. */
export const MOST_TOKEN_DAYS = 366;

/** Days that an admin token lives unless it is asked otherwise. */
export const DEFAULT_TOKEN_DAYS = 30;

const KIND: TokenKind = {
  audience: 'mainspring-admin',
  type: 'admin+jwt',
  longestSeconds: MOST_TOKEN_DAYS * DAY_SECONDS,
};

export interface TokenRequest {
  orgId: string;
  credentialVersion: number;
  /** From above 0 to 366. */
  days?: number;
  /** Milliseconds since 1970. */
  now: number;
}

/** Signs an admin token with the current key. */
export async function mintAdminToken(vault: Vault, request: TokenRequest): Promise<string> {
  const { days = DEFAULT_TOKEN_DAYS, ...wish } = request;
  if (!(days > 0 && days <= MOST_TOKEN_DAYS))
    throw new RangeError(`a token lives from above 0 to ${MOST_TOKEN_DAYS} days`);
  const { token } = await mintToken(vault, KIND, { ...wish, seconds: days * DAY_SECONDS });
  return token;
}

/** Reads an admin token; null for anything that we did not sign, or that is over. */
export const readAdminToken = (vault: Vault, token: string, now: number): Promise<TokenClaims | null> =>
  readToken(vault, KIND, token, now);
