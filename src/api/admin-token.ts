import { randomUUID } from 'node:crypto';
import { errors, type JWTHeaderParameters, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Vault } from '../secrets/vault.js';

const ALGORITHM = 'HS256';
const ISSUER = 'mainspring';
const AUDIENCE = 'mainspring-admin';
const TYPE = 'admin+jwt';
const CLOCK_TOLERANCE_SECONDS = 5;
/** Days that an admin token can live. */
export const MOST_TOKEN_DAYS = 366;

/** Days that an admin token lives unless it is asked otherwise. */
export const DEFAULT_TOKEN_DAYS = 30;

const Claims = z.object({ org: z.string().min(1), ver: z.int().min(1), jti: z.string().min(1) });

/** What an admin token says; whether its version still counts is for the database to say. */
export interface AdminClaims {
  orgId: string;
  credentialVersion: number;
  tokenId: string;
}

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
  const { orgId, credentialVersion, days = DEFAULT_TOKEN_DAYS, now } = request;
  if (!(days > 0 && days <= MOST_TOKEN_DAYS))
    throw new RangeError(`a token lives from above 0 to ${MOST_TOKEN_DAYS} days`);
  const [current] = vault.signingKeys();
  if (!current) throw new Error('no key to sign with');
  const issuedAt = Math.floor(now / 1_000);
  return new SignJWT({ org: orgId, ver: credentialVersion })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: current.id })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + Math.ceil(days * 86_400))
    .sign(current.key);
}

/** Reads an admin token; null for anything that we did not sign, or that is over. */
export async function readAdminToken(vault: Vault, token: string, now: number): Promise<AdminClaims | null> {
  const keyOf = ({ kid }: JWTHeaderParameters) => {
    const found = vault.signingKeys().find(({ id }) => id === kid);
    if (!found) throw new errors.JWSInvalid('signed with a key that is not ours');
    return found.key;
  };
  try {
    const { payload } = await jwtVerify(token, keyOf, {
      algorithms: [ALGORITHM],
      typ: TYPE,
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['exp', 'iat', 'jti', 'org', 'ver'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      maxTokenAge: `${MOST_TOKEN_DAYS} days`,
      currentDate: new Date(now),
    });
    const claims = Claims.safeParse(payload);
    if (!claims.success) return null;
    const { org, ver, jti } = claims.data;
    return { orgId: org, credentialVersion: ver, tokenId: jti };
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
    throw error;
  }
}
