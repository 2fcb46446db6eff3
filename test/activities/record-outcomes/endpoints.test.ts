import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createOutcomeRecorder } from '../../../src/activities/record-outcomes.js';
import { insertDeliveries } from '../../../src/db/deliveries.js';
import { getEndpoint, writeEndpoints } from '../../../src/db/endpoints.js';
import { describeEachDatabase } from '../../support/databases.js';
import { aPending } from '../../support/deliveries.js';
import { DEAD, DELIVERED, FAILED, NOW, outcomesOn, vault } from '../../support/recorded-outcomes.js';

const DAY_MS = 86_400_000;

describeEachDatabase('what is recorded', (database) => {
  const { db, outcomeOf, record, row, written, eventsOf } = outcomesOn(database);

  test('the endpoint workflow is ensured before a failure is written, and woken after', async () => {
    const delivery = await written();
    const outcomes = [outcomeOf(delivery, FAILED)];
    const { ensured, woken, statusesWhenEnsured } = await record({ orgId: delivery.orgId, outcomes });
    expect([ensured, woken, statusesWhenEnsured]).toEqual([
      [delivery.receiver],
      [delivery.receiver],
      ['sending'],
    ]);
    const nextAttemptAt = new Date(NOW + 1_000);
    expect(await row(delivery)).toMatchObject({
      status: 'pending',
      next_attempt_at: nextAttemptAt,
      epoch: null,
    });
    expect(await eventsOf(delivery.orgId)).toEqual(['delivery.failed']);
    expect(await getEndpoint(db(), delivery)).toMatchObject({ state: 'closed', failures: 1 });
  });

  test('nothing is written when the endpoint workflow cannot be ensured', async () => {
    const delivery = await written();
    const recorder = createOutcomeRecorder({
      starter: {
        ensureEndpoint: () => Promise.reject(new Error('the engine is away')),
        wakeEndpoint: () => undefined,
      },
      vault,
    });
    const recording = { orgId: delivery.orgId, outcomes: [outcomeOf(delivery, FAILED)] };
    await expect(recorder.record(db(), recording)).rejects.toThrow('the engine is away');
    expect(await row(delivery)).toMatchObject({ status: 'sending' });
  });

  test('a postponed delivery goes to its endpoint workflow without an attempt', async () => {
    const delivery = await written();
    const { orgId, id, receiver } = delivery;
    const { ensured } = await record({ orgId, outcomes: [], postponed: [{ id, receiver }] });
    expect(ensured).toEqual([receiver]);
    expect(await row(delivery)).toMatchObject({ status: 'pending', attempt_count: 0, epoch: null });
  });

  test('the workflow that asks is not ensured again', async () => {
    const delivery = await written();
    const { orgId, receiver } = delivery;
    const { ensured } = await record({ orgId, outcomes: [outcomeOf(delivery, FAILED)], owned: receiver });
    expect(ensured).toEqual([]);
  });

  test('ten failures in a row open the circuit, one success closes it', async () => {
    const orgId = randomUUID();
    const deliveries = await Promise.all(Array.from({ length: 11 }, () => written({ orgId })));
    const [last, ...others] = deliveries;
    if (!last) throw new Error('there are eleven');
    await record({ orgId, outcomes: others.map((delivery) => outcomeOf(delivery, FAILED)) });
    const opened = { state: 'open', failures: 10, opened_until: new Date(NOW + 1_000) };
    expect(await getEndpoint(db(), last)).toMatchObject(opened);
    await record({ orgId, outcomes: [outcomeOf(last, DELIVERED)] });
    expect(await getEndpoint(db(), last)).toBeUndefined();
  });

  test('a final answer shows that the receiver is there; an address that is not allowed shows nothing', async () => {
    const orgId = randomUUID();
    const [failed, refused, answered] = [
      await written({ orgId }),
      await written({ orgId }),
      await written({ orgId }),
    ];
    await record({ orgId, outcomes: [outcomeOf(failed, FAILED)] });
    await record({ orgId, outcomes: [outcomeOf(refused, { kind: 'dead', error: 'address_not_allowed' })] });
    expect(await getEndpoint(db(), failed)).toMatchObject({ failures: 1 });
    await record({ orgId, outcomes: [outcomeOf(answered, DEAD)] });
    expect(await getEndpoint(db(), failed)).toBeUndefined();
  });

  test.each(['email', 'redis_stream'])(
    "the operator's own server (%s) is not switched off, however long it is away",
    async (receiver) => {
      const one = await written({ receiver });
      const { orgId: org_id } = one;
      const times = { failing_since: new Date(NOW - 50 * DAY_MS), opened_until: new Date(NOW - 1) };
      await writeEndpoints(db(), [{ org_id, receiver, ...times, state: 'open', failures: 40 }]);
      await record({ orgId: org_id, outcomes: [outcomeOf(one, FAILED)] });
      expect(await getEndpoint(db(), one)).toMatchObject({ state: 'open', failures: 41 });
    },
  );

  test('a receiver that failed for 5 days is switched off once, with one event', async () => {
    const [one, two] = [await written(), await written()];
    const orgId = one.orgId;
    const since = new Date(NOW - 5 * DAY_MS);
    const failing = {
      org_id: orgId,
      receiver: one.receiver,
      failing_since: since,
      opened_until: new Date(NOW - 1),
    };
    await writeEndpoints(db(), [{ ...failing, state: 'open', failures: 40 }]);
    await record({ orgId, outcomes: [outcomeOf(one, FAILED)] });
    expect(await getEndpoint(db(), one)).toMatchObject({ state: 'off' });
    const second = { ...two, orgId };
    await insertDeliveries(db(), [aPending({ ...second, status: 'pending', epoch: null })], NOW);
    await record({ orgId, outcomes: [outcomeOf({ ...second, epoch: null }, FAILED)] });
    const told = await eventsOf(orgId);
    expect(told.filter((type) => type === 'delivery.endpoint_disabled')).toHaveLength(1);
  });
});
