import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { applyChanges } from '../../src/db/attempts.js';
import { getDelivery, insertDeliveries, type NewDelivery } from '../../src/db/deliveries.js';
import { getEndpoint, writeEndpoints } from '../../src/db/endpoints.js';
import { receiversOfDead, redeliver, redeliverDead } from '../../src/db/redeliveries.js';
import { describeEachDatabase } from '../support/databases.js';
import { aPending, writeTimer } from '../support/deliveries.js';

const NOW = Date.parse('2030-01-31T09:00:00.000Z');
const at = new Date(NOW);
const all = (orgId: string) => ({ orgId, tenants: null });

describeEachDatabase('redeliveries', (database) => {
  const db = () => database().db;

  /** A delivery that ended after one attempt. */
  async function ended(given: Partial<NewDelivery>, status: 'dead' | 'delivered' = 'dead', endedAt = at) {
    const delivery = aPending(given);
    await insertDeliveries(db(), [delivery], NOW);
    const attempt = { number: 1, at: at.toISOString(), durationMs: 1 };
    const change = { orgId: delivery.orgId, id: delivery.id, epoch: null, attemptCount: 0, attempt, endedAt };
    await applyChanges(db(), [
      { ...change, status, statusCode: 404, error: 'status_404', nextAttemptAt: null },
    ]);
    return delivery;
  }

  test.each(['dead', 'delivered'] as const)(
    'a %s delivery goes out again with its policy renewed',
    async (status) => {
      const { orgId, id, body } = await ended({ orgId: randomUUID() }, status);
      const { changed, row } = await redeliver(db(), all(orgId), id, NOW + 5);
      expect(changed).toBe(true);
      expect(row).toMatchObject({
        ...{ id, body, status: 'pending', ended_at: null, next_attempt_at: new Date(NOW + 5) },
        ...{ attempt_count: 1, attempts_before: 1, attempts: [{ number: 1 }] },
      });
    },
  );

  test('a delivery that has not ended is left alone', async () => {
    const delivery = aPending({ orgId: randomUUID() });
    await insertDeliveries(db(), [delivery], NOW);
    const { changed, row } = await redeliver(db(), all(delivery.orgId), delivery.id, NOW);
    expect([changed, row?.id]).toEqual([false, delivery.id]);
  });

  test('an unknown delivery, or a foreign one, is not there', async () => {
    const orgId = randomUUID();
    const timerId = await writeTimer(db(), { orgId, tenantId: 'mine' });
    const { id } = await ended({ orgId, timerId });
    const nothing = { changed: false, row: undefined };
    expect(await redeliver(db(), all(randomUUID()), id, NOW)).toEqual(nothing);
    expect(await redeliver(db(), { orgId, tenants: ['other'] }, id, NOW)).toEqual(nothing);
    expect(await redeliver(db(), { orgId, tenants: [] }, id, NOW)).toEqual(nothing);
    expect(await redeliver(db(), all(orgId), 'unknown', NOW)).toEqual(nothing);
    expect(await redeliver(db(), { orgId, tenants: ['mine'] }, id, NOW)).toMatchObject({ changed: true });
  });

  test('what died since a moment goes out again, and nothing else', async () => {
    const orgId = randomUUID();
    const [dead, other, old, delivered] = [
      await ended({ orgId }),
      await ended({ orgId, receiver: 'https://other.example' }),
      await ended({ orgId }, 'dead', new Date(NOW - 1)),
      await ended({ orgId }, 'delivered'),
    ];
    const receivers = await receiversOfDead(db(), all(orgId), at);
    expect(receivers.sort()).toEqual([dead.receiver, other.receiver].sort());
    expect(await redeliverDead(db(), all(orgId), { since: at, receivers: [dead.receiver] }, NOW)).toBe(1);
    const statuses = [dead, other, old, delivered].map(
      async ({ id }) => (await getDelivery(db(), all(orgId), id))?.status,
    );
    expect(await Promise.all(statuses)).toEqual(['pending', 'dead', 'dead', 'delivered']);
    expect(await redeliverDead(db(), all(orgId), { since: at, receivers: [] }, NOW)).toBe(0);
  });

  test('a receiver that was switched off is probed again', async () => {
    const { orgId, id, receiver } = await ended({ orgId: randomUUID() });
    const off = {
      org_id: orgId,
      receiver,
      state: 'off' as const,
      failures: 50,
      failing_since: at,
      opened_until: null,
    };
    await writeEndpoints(db(), [off]);
    await redeliver(db(), all(orgId), id, NOW + 5);
    const probed = { state: 'open', opened_until: new Date(NOW + 5), failing_since: new Date(NOW + 5) };
    expect(await getEndpoint(db(), { orgId, receiver })).toMatchObject(probed);
    await writeEndpoints(db(), [off]);
    await ended({ orgId });
    expect(await redeliverDead(db(), all(orgId), { since: at, receivers: [receiver] }, NOW + 6)).toBe(1);
    expect(await getEndpoint(db(), { orgId, receiver })).toMatchObject({ state: 'open' });
  });
});
