import { randomUUID } from 'node:crypto';
import { decodeProtectedHeader, errors, type JWTHeaderParameters, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Vault } from '../secrets/vault.js';

const ALGORITHM = 'HS256';
const ISSUER = 'mainspring';
const CLOCK_TOLERANCE_SECONDS = 5;

/** A kind of token that we sign. One kind is never taken for another. */
export interface TokenKind {
  audience: string;
  /** `typ` of its header. */
  type: string;
  longestSeconds: number;
}

const Claims = z.object({
  org: z.string().min(1),
  ver: z.int().min(1),
  jti: z.string().min(1),
  sub: z.string().min(1).optional(),
});

/** What a token says; whether its version still counts is for the database to say. */
export interface TokenClaims {
  orgId: string;
  credentialVersion: number;
  tokenId: string;
  /** Whom it is of, where it is not the organisation's. */
  subject?: string | undefined;
}

export interface TokenWish extends Omit<TokenClaims, 'tokenId'> {
  seconds: number;
  /** Milliseconds since 1970. */
  now: number;
}

/** A token, and when it is over. */
export interface MintedToken {
  token: string;
  expiresAt: Date;
}

/** Signs a token with the current key. */
export async function mintToken(
  vault: Vault,
  { audience, type }: TokenKind,
  { orgId, credentialVersion, subject, seconds, now }: TokenWish,
): Promise<MintedToken> {
  const [current] = vault.signingKeys();
  if (!current) throw new Error('no key to sign with');
  const issuedAt = Math.floor(now / 1_000);
  const expiresAt = issuedAt + Math.ceil(seconds);
  const claims = new SignJWT({ org: orgId, ver: credentialVersion, ...(subject ? { sub: subject } : {}) });
  const token = await claims
    .setProtectedHeader({ alg: ALGORITHM, typ: type, kid: current.id })
    .setIssuer(ISSUER)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(current.key);
  return { token, expiresAt: new Date(expiresAt * 1_000) };
}

/** Reads a token of a kind; null for anything that we did not sign as such, or that is over. */
export async function readToken(
  vault: Vault,
  { audience, type, longestSeconds }: TokenKind,
  token: string,
  now: number,
): Promise<TokenClaims | null> {
  const keyOf = ({ kid }: JWTHeaderParameters) => {
    const found = vault.signingKeys().find(({ id }) => id === kid);
    if (!found) throw new errors.JWSInvalid('signed with a key that is not ours');
    return found.key;
  };
  try {
    const { payload } = await jwtVerify(token, keyOf, {
      algorithms: [ALGORITHM],
      typ: type,
      issuer: ISSUER,
      audience,
      requiredClaims: ['exp', 'iat', 'jti', 'org', 'ver'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      maxTokenAge: longestSeconds,
      currentDate: new Date(now),
    });
    const claims = Claims.safeParse(payload);
    if (!claims.success) return null;
    const { org, ver, jti, sub } = claims.data;
    return { orgId: org, credentialVersion: ver, tokenId: jti, subject: sub };
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
    throw error;
  }
}

/** Whether a token says of itself that it is of a kind: which reader is to judge it, and no more than that. */
export function claimsToBe({ type }: TokenKind, token: string): boolean {
  try {
    return decodeProtectedHeader(token).typ === type;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
