import { createHash } from 'node:crypto';
import { v4 as newSeed } from 'uuid';
import { claim, complete, endLease, release } from '../db/idempotency.js';
import type { AnyCaller } from './caller.js';
import { ApiProblem } from './problem.js';
import { Reply, type Route } from './route.js';
import type { Services } from './services.js';

/** How long a request may take before a repeat takes over, in ms. */
const LEASE_MS = 10_000;
const POSSIBLE_KEY = /^[\x21-\x7e]{1,255}$/;

/** Throws for a key that cannot be one; null when there is none. */
export function readIdempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header === 'string' && POSSIBLE_KEY.test(header)) return header;
  throw new ApiProblem('malformed_request', 'an Idempotency-Key is 1 to 255 visible ASCII characters');
}

/**
 * What makes two requests the same: the path, the JSON that was sent (the order of its keys belongs to the caller),
 * and what the API key may see.
 */
export function fingerprintOf(path: string, body: unknown, tenants: string[] | null): string {
  return createHash('sha256')
    .update(JSON.stringify([path, body, tenants]))
    .digest('hex');
}

export interface OnceOptions {
  services: Services;
  route: Route;
  caller: AnyCaller;
  key: string;
  fingerprint: string;
}

/**
 * Handles a request once for its key: a repeat gets the first answer, if that was a success. What may have come to
 * something without an answer to keep (the commit was not heard of, a batch was half done) goes on under the same
 * seed when it is repeated; only the caller's own mistake frees the key.
 */
export async function once(
  options: OnceOptions,
  handle: (seed: string) => Promise<Reply<unknown>>,
): Promise<Reply<unknown>> {
  const { services, route, caller, key, fingerprint } = options;
  const { db, clock, log } = services;
  const row = { orgId: caller.orgId, route: `${route.method} ${route.path}`, key };
  const claimed = await claim(db, {
    ...row,
    fingerprint,
    seed: newSeed(),
    leaseMs: LEASE_MS,
    now: new Date(clock()),
  });
  if (claimed.kind === 'replay') return replay(claimed.status, claimed.answer);
  if (claimed.kind === 'in_flight') throw inFlight(claimed.retryAfterMs);
  if (claimed.kind === 'reused') throw reused();
  const held = { ...row, seed: claimed.seed };
  const written = (write: Promise<void>) =>
    write.catch((error: unknown) => log.warn({ error }, 'An Idempotency-Key stays leased for a moment'));
  try {
    const { status, body, headers, isFinal } = await handle(claimed.seed);
    const answer = { body, headers };
    await written(
      isFinal ? complete(db, { ...held, status, answer }) : endLease(db, { ...held, now: new Date(clock()) }),
    );
    return new Reply(status, body, headers);
  } catch (error) {
    await written(
      isCallersMistake(error) ? release(db, held) : endLease(db, { ...held, now: new Date(clock()) }),
    );
    throw error;
  }
}

const isCallersMistake = (error: unknown) => error instanceof ApiProblem && error.status < 500;

const reused = () =>
  new ApiProblem('idempotency_key_reused', 'this Idempotency-Key was sent with another request before');

const inFlight = (retryAfterMs: number) =>
  new ApiProblem(
    'idempotency_in_flight',
    'the first request with this Idempotency-Key has not been answered yet',
    {
      retryAfterSeconds: retryAfterMs / 1_000,
    },
  );

interface KeptAnswer {
  body: unknown;
  headers: Record<string, string>;
}

function replay(status: number, answer: unknown): Reply<unknown> {
  const { body, headers } = answer as KeptAnswer;
  return new Reply(status, body, { ...headers, 'Idempotency-Replayed': 'true' });
}
