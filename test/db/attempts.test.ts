import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import {
  applyChanges,
  type DeliveryChange,
  failTimers,
  nextDue,
  readDeliveries,
  takeDeliveries,
} from '../../src/db/attempts.js';
import { getDelivery, insertDeliveries, type NewDelivery } from '../../src/db/deliveries.js';
import { describeEachDatabase } from '../support/databases.js';
import { aDelivery, aPending, writeTimer } from '../support/deliveries.js';

const NOW = Date.parse('2030-01-31T09:00:00.000Z');
const at = new Date(NOW);
const later = new Date(NOW + 60_000);

const changeOf = (delivery: NewDelivery, given: Partial<DeliveryChange> = {}): DeliveryChange => ({
  orgId: delivery.orgId,
  id: delivery.id,
  epoch: delivery.epoch,
  attemptCount: 0,
  status: 'pending',
  attempt: {
    number: 1,
    at: at.toISOString(),
    durationMs: 5,
    statusCode: 500,
    error: 'status_500',
    answer: 'é"\n',
  },
  statusCode: 500,
  error: 'status_500',
  nextAttemptAt: later,
  endedAt: null,
  ...given,
});

describeEachDatabase('attempts', (database) => {
  const db = () => database().db;
  const rowOf = (delivery: NewDelivery) =>
    getDelivery(db(), { orgId: delivery.orgId, tenants: null }, delivery.id);

  test('are taken longest due first, and by one run only', async () => {
    const key = { orgId: randomUUID(), receiver: 'https://agents.example.com' };
    const due = (ms: number) => aPending({ ...key, nextAttemptAt: new Date(NOW + ms) });
    const [second, first, future] = [due(-1), due(-2), due(1)];
    await insertDeliveries(db(), [second, first, future], NOW);
    const taking = { dueAt: at, most: 1, until: later };
    expect((await takeDeliveries(db(), key, taking)).map(({ id }) => id)).toEqual([first.id]);
    expect((await takeDeliveries(db(), key, { ...taking, most: 9 })).map(({ id }) => id)).toEqual([
      second.id,
    ]);
    expect(await takeDeliveries(db(), key, taking)).toEqual([]);
    expect((await rowOf(first))?.next_attempt_at).toEqual(later);
  });

  test('that were taken by a run that died are due again', async () => {
    const key = { orgId: randomUUID(), receiver: 'https://agents.example.com' };
    await insertDeliveries(db(), [aPending(key)], NOW);
    await takeDeliveries(db(), key, { dueAt: at, most: 1, until: later });
    const again = await takeDeliveries(db(), key, { dueAt: later, most: 1, until: later });
    expect(again).toHaveLength(1);
  });

  test('of an e-mail say whom earlier ones have done with, until all had it', async () => {
    const key = { orgId: randomUUID(), receiver: 'email' };
    const delivery = aPending({ ...key, channel: 'email', request: { recipients: ['a@b.c', 'd@e.f'] } });
    await insertDeliveries(db(), [delivery], NOW);
    const settledNow = async () =>
      (await takeDeliveries(db(), key, { dueAt: null, most: 1, until: later }))[0]?.settled;
    const attempt = { number: 1, at: at.toISOString(), durationMs: 5 };
    const failed = { ...attempt, error: 'status_451', settled: ['a@b.c'] };
    expect(await settledNow()).toEqual([]);
    await applyChanges(db(), [changeOf(delivery, { attempt: failed })]);
    expect(await settledNow()).toEqual(['a@b.c']);
    await applyChanges(db(), [changeOf(delivery, { attempt, attemptCount: 1 })]);
    expect(await settledNow()).toEqual([]);
  });

  test('carry all that is needed to send them', async () => {
    const orgId = randomUUID();
    const timerId = await writeTimer(db(), { orgId, tenantId: 'the tenant' });
    const delivery = aPending({ orgId, timerId, policy: { maxAttempts: 2 } });
    await insertDeliveries(db(), [delivery], NOW);
    const [taken] = await takeDeliveries(db(), delivery, { dueAt: null, most: 1, until: later });
    const { status, windowAt, nextAttemptAt, ...content } = delivery;
    const fresh = { attemptNumber: 1, attemptsBefore: 0, settled: [], failures: [] };
    expect(taken).toEqual({ ...content, ...fresh, tenantId: 'the tenant' });
    expect(await readDeliveries(db(), orgId, [delivery.id])).toEqual([taken]);
    expect(await readDeliveries(db(), orgId, [])).toEqual([]);
  });

  test('are appended with their answer, and counted', async () => {
    const delivery = aDelivery({ orgId: randomUUID() });
    await insertDeliveries(db(), [delivery], NOW);
    await applyChanges(db(), [changeOf(delivery)]);
    const second = { number: 2, at: at.toISOString(), durationMs: 7, statusCode: 200 };
    const delivered = {
      epoch: null,
      attemptCount: 1,
      status: 'delivered',
      attempt: second,
      statusCode: 200,
    } as const;
    await applyChanges(db(), [
      changeOf(delivery, { ...delivered, error: null, nextAttemptAt: null, endedAt: at }),
    ]);
    expect(await rowOf(delivery)).toMatchObject({
      ...{ status: 'delivered', attempt_count: 2, last_status_code: 200, last_error: null },
      ...{ next_attempt_at: null, ended_at: at, epoch: null },
      attempts: [{ number: 1, error: 'status_500', answer: 'é"\n' }, second],
    });
  });

  test('of many deliveries are written at once, each as its own', async () => {
    const orgId = randomUUID();
    const deliveries = Array.from({ length: 300 }, () => aDelivery({ orgId }));
    await insertDeliveries(db(), deliveries, NOW);
    const applied = await applyChanges(
      db(),
      deliveries.map((delivery) => changeOf(delivery)),
    );
    expect(applied).toEqual(new Set(deliveries.map(({ id }) => `${orgId}/${id}`)));
    expect(await applyChanges(db(), [])).toEqual(new Set());
  });

  test('are applied once', async () => {
    const delivery = aDelivery({ orgId: randomUUID() });
    await insertDeliveries(db(), [delivery], NOW);
    const change = changeOf(delivery);
    expect((await applyChanges(db(), [change])).size).toBe(1);
    expect((await applyChanges(db(), [change])).size).toBe(0);
    expect(await rowOf(delivery)).toMatchObject({ attempt_count: 1 });
  });

  test('of an older epoch, or of a run that was overtaken, change nothing', async () => {
    const orgId = randomUUID();
    const [sending, pending] = [aDelivery({ orgId, epoch: 2 }), aPending({ orgId })];
    await insertDeliveries(db(), [sending, pending], NOW);
    const stale = [
      changeOf(sending, { epoch: 1 }),
      changeOf(sending, { epoch: null }),
      changeOf(pending, { epoch: 1 }),
      changeOf(pending, { attemptCount: 1 }),
    ];
    for (const change of stale) expect((await applyChanges(db(), [change])).size).toBe(0);
  });

  test('that were never made leave no trace but the end', async () => {
    const delivery = aPending({ orgId: randomUUID() });
    await insertDeliveries(db(), [delivery], NOW);
    const ended = { status: 'dead', attempt: null, statusCode: null, error: 'endpoint_disabled' } as const;
    await applyChanges(db(), [changeOf(delivery, { ...ended, nextAttemptAt: null, endedAt: at })]);
    expect(await rowOf(delivery)).toMatchObject({ status: 'dead', attempts: [], attempt_count: 0 });
  });

  test('that are next are told with how many are pending', async () => {
    const key = { orgId: randomUUID(), receiver: 'https://agents.example.com' };
    expect(await nextDue(db(), key)).toEqual({ pending: 0, at: null });
    await insertDeliveries(
      db(),
      [aPending({ ...key, nextAttemptAt: later }), aPending({ ...key, nextAttemptAt: at })],
      NOW,
    );
    expect(await nextDue(db(), key)).toEqual({ pending: 2, at });
  });

  test('that end dead fail a timer that had fired, and no other', async () => {
    const orgId = randomUUID();
    const [fired, scheduled] = [
      await writeTimer(db(), { orgId, name: 'mine' }),
      await writeTimer(db(), { orgId }),
    ];
    await db().updateTable('timers').set({ status: 'fired' }).where('id', '=', fired).execute();
    const failed = await failTimers(db(), orgId, [fired, scheduled]);
    expect(failed).toEqual([{ id: fired, tenant_id: 'tenant', name: 'mine' }]);
    expect(await failTimers(db(), orgId, [fired])).toEqual([]);
    expect(await failTimers(db(), orgId, [])).toEqual([]);
  });
});
