import { sql } from 'kysely';
import type { Db } from './database.js';

/** A key is remembered this long, in ms. */
export const REMEMBERED_MS = 24 * 3_600_000;

/** Whose key it is: keys of organisations and routes do not meet. */
export interface KeyScope {
  orgId: string;
  route: string;
  key: string;
}

export interface Claim extends KeyScope {
  /** Of the request's body: the same key with another one is refused. */
  fingerprint: string;
  /** A UUID from which the ids of what the request creates follow. */
  seed: string;
  /** How long the request may take before a repeat takes it over. */
  leaseMs: number;
  now: Date;
}

/**
 * `new`: go on, with this seed (the one of a request that broke off, if there was one). `replay`: this was the
 * answer. `in_flight`: somebody is at it. `reused`: the key belongs to another body.
 */
export type Claimed =
  | { kind: 'new'; seed: string }
  | { kind: 'replay'; status: number; answer: unknown }
  | { kind: 'in_flight'; retryAfterMs: number }
  | { kind: 'reused' };

const ATTEMPTS = 3;

/** Takes a key for a request, by one statement: of any number of senders at once exactly one goes on. */
export async function claim(db: Db, request: Claim): Promise<Claimed> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const seed = await take(db, request);
    if (seed !== undefined) return { kind: 'new', seed };
    const claimed = await look(db, request);
    if (claimed) return claimed;
    // It was released between the two statements: take it again.
  }
  return { kind: 'in_flight', retryAfterMs: request.leaseMs };
}

async function take(
  db: Db,
  { orgId, route, key, fingerprint, seed, leaseMs, now }: Claim,
): Promise<string | undefined> {
  const leasedUntil = new Date(now.getTime() + leaseMs);
  const forgotten = new Date(now.getTime() - REMEMBERED_MS);
  const { rows } = await sql<{ seed: string }>`
    insert into idempotency_keys as held (org_id, route, key, fingerprint, seed, leased_until, created_at)
    values (${orgId}, ${route}, ${key}, ${fingerprint}, ${seed}, ${leasedUntil}, ${now})
    on conflict (org_id, route, key) do update set
      fingerprint = excluded.fingerprint,
      seed = case when held.created_at < ${forgotten} then excluded.seed else held.seed end,
      created_at = case when held.created_at < ${forgotten} then excluded.created_at else held.created_at end,
      leased_until = excluded.leased_until,
      status = null,
      answer = null
    where held.created_at < ${forgotten}
      or (held.status is null and held.leased_until <= ${now} and held.fingerprint = excluded.fingerprint)
    returning seed`.execute(db);
  return rows[0]?.seed;
}

async function look(db: Db, { orgId, route, key, fingerprint, now }: Claim): Promise<Claimed | undefined> {
  const held = await db
    .selectFrom('idempotency_keys')
    .select(['fingerprint', 'status', 'answer', 'leased_until'])
    .where('org_id', '=', orgId)
    .where('route', '=', route)
    .where('key', '=', key)
    .executeTakeFirst();
  if (!held) return undefined;
  if (held.fingerprint !== fingerprint) return { kind: 'reused' };
  if (held.status !== null) return { kind: 'replay', status: held.status, answer: held.answer };
  return { kind: 'in_flight', retryAfterMs: Math.max(held.leased_until.getTime() - now.getTime(), 1) };
}

/** The row of a request that this sender still holds: nobody has answered it, nobody began anew. */
const unanswered = (db: Db, { orgId, route, key, seed }: KeyScope & { seed: string }) =>
  db
    .updateTable('idempotency_keys')
    .where('org_id', '=', orgId)
    .where('route', '=', route)
    .where('key', '=', key)
    .where('seed', '=', seed)
    .where('status', 'is', null);

/** Keeps the answer, for as long as the key is remembered. Without effect once another sender took over and answered. */
export async function complete(
  db: Db,
  { orgId, route, key, seed, status, answer }: KeyScope & { seed: string; status: number; answer: unknown },
): Promise<void> {
  await unanswered(db, { orgId, route, key, seed })
    .set({ status, answer: JSON.stringify(answer) })
    .execute();
}

/**
 * Ends the lease and keeps the seed, for a request that may have come to something: the next one with the key
 * goes on where this one ended.
 */
export async function endLease(
  db: Db,
  { orgId, route, key, seed, now }: KeyScope & { seed: string; now: Date },
): Promise<void> {
  await unanswered(db, { orgId, route, key, seed }).set({ leased_until: now }).execute();
}

/** Gives a key back whose request came to nothing: the next one with it starts anew. */
export async function release(
  db: Db,
  { orgId, route, key, seed }: KeyScope & { seed: string },
): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('org_id', '=', orgId)
    .where('route', '=', route)
    .where('key', '=', key)
    .where('seed', '=', seed)
    .where('status', 'is', null)
    .execute();
}
