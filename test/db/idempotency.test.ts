import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { type Claim, claim, complete, release } from '../../src/db/idempotency.js';
import { describeEachDatabase } from '../support/databases.js';

const NOW = new Date('2030-01-31T09:00:00Z');
const later = (ms: number) => new Date(NOW.getTime() + ms);

const request = (changes: Partial<Claim> = {}): Claim => ({
  orgId: 'acme',
  route: 'POST /timers',
  key: randomUUID(),
  fingerprint: 'body',
  seed: randomUUID(),
  leaseMs: 10_000,
  now: NOW,
  ...changes,
});

describeEachDatabase('an idempotency key', (database) => {
  test('lets one of many senders at once go on, the others wait', async () => {
    const { key } = request();
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(database().db, request({ key }))));
    expect(claims.filter(({ kind }) => kind === 'new')).toHaveLength(1);
    expect(claims.filter(({ kind }) => kind === 'in_flight')).toHaveLength(7);
  });

  test('gives the first answer again, as it was', async () => {
    const first = request();
    await claim(database().db, first);
    const answer = { timer: { id: 't1', b: 1, a: [null] } };
    await complete(database().db, { ...first, status: 201, answer });
    await expect(claim(database().db, { ...first, seed: randomUUID(), now: later(60_000) })).resolves.toEqual(
      {
        kind: 'replay',
        status: 201,
        answer,
      },
    );
  });

  test('refuses another body, answered or not', async () => {
    const first = request();
    await claim(database().db, first);
    await expect(claim(database().db, { ...first, fingerprint: 'other' })).resolves.toEqual({
      kind: 'reused',
    });
    await expect(
      claim(database().db, { ...first, fingerprint: 'other', now: later(11_000) }),
    ).resolves.toEqual({
      kind: 'reused',
    });
    await complete(database().db, { ...first, status: 201, answer: {} });
    await expect(claim(database().db, { ...first, fingerprint: 'other' })).resolves.toEqual({
      kind: 'reused',
    });
  });

  test('says how long a request in flight keeps it, then hands on the same seed, once', async () => {
    const first = request();
    await claim(database().db, first);
    await expect(claim(database().db, { ...first, now: later(4_000) })).resolves.toEqual({
      kind: 'in_flight',
      retryAfterMs: 6_000,
    });
    const takers = [1, 2, 3].map(() =>
      claim(database().db, { ...first, seed: randomUUID(), now: later(10_000) }),
    );
    const taken = await Promise.all(takers);
    expect(taken.filter(({ kind }) => kind === 'new')).toEqual([{ kind: 'new', seed: first.seed }]);
  });

  test('is forgotten after a day, the answer and the seed with it', async () => {
    const first = request();
    await claim(database().db, first);
    await complete(database().db, { ...first, status: 201, answer: {} });
    const second = { ...first, fingerprint: 'other', seed: randomUUID(), now: later(86_400_001) };
    await expect(claim(database().db, second)).resolves.toEqual({ kind: 'new', seed: second.seed });
  });

  test('is free again when its request came to nothing, but not once it was answered', async () => {
    const first = request();
    await claim(database().db, first);
    await release(database().db, first);
    await expect(claim(database().db, first)).resolves.toEqual({ kind: 'new', seed: first.seed });
    await complete(database().db, { ...first, status: 201, answer: {} });
    await release(database().db, first);
    await expect(claim(database().db, first)).resolves.toMatchObject({ kind: 'replay' });
  });

  test('belongs to its organisation and route', async () => {
    const first = request();
    await claim(database().db, first);
    await expect(claim(database().db, { ...first, orgId: 'other' })).resolves.toMatchObject({ kind: 'new' });
    await expect(claim(database().db, { ...first, route: 'POST /agents' })).resolves.toMatchObject({
      kind: 'new',
    });
  });
});
