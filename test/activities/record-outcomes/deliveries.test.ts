import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { AttemptResult } from '../../../src/activities/channels/channel.js';
import { getEndpoint } from '../../../src/db/endpoints.js';
import { getTimer } from '../../../src/db/timers.js';
import { describeEachDatabase } from '../../support/databases.js';
import { outgoing } from '../../support/deliveries.js';
import { DEAD, DELIVERED, FAILED, NOW, outcomesOn, vault } from '../../support/recorded-outcomes.js';

describeEachDatabase('what is recorded', (database) => {
  const { db, all, outcomeOf, record, row, written, eventsOf } = outcomesOn(database);

  test('a success ends the delivery, tells of it, and needs no endpoint workflow', async () => {
    const delivery = await written();
    const { orgId } = delivery;
    expect(await record({ orgId, outcomes: [outcomeOf(delivery, DELIVERED)] })).toMatchObject({
      ensured: [],
      woken: [],
    });
    expect(await row(delivery)).toMatchObject({ status: 'delivered', attempt_count: 1, epoch: null });
    expect(await eventsOf(orgId)).toEqual(['delivery.delivered']);
    expect(await getEndpoint(db(), delivery)).toBeUndefined();
  });

  test('nothing is written when the guard refuses', async () => {
    const delivery = await written();
    const guard = () => Promise.reject(new Error('overtaken'));
    const recording = { orgId: delivery.orgId, outcomes: [outcomeOf(delivery, DELIVERED)], guard };
    await expect(record(recording)).rejects.toThrow('overtaken');
    expect(await row(delivery)).toMatchObject({ status: 'sending', attempt_count: 0 });
  });

  test('an outcome that comes twice is applied and told once', async () => {
    const delivery = await written();
    const recording = { orgId: delivery.orgId, outcomes: [outcomeOf(delivery, FAILED)] };
    await record(recording);
    await record(recording);
    expect(await row(delivery)).toMatchObject({ attempt_count: 1 });
    expect(await eventsOf(delivery.orgId)).toEqual(['delivery.failed']);
    expect(await getEndpoint(db(), delivery)).toMatchObject({ failures: 1 });
  });

  test('a death fails the timer that had fired, also when it fires in the same transaction', async () => {
    const early = await written();
    const { orgId } = early;
    const late = await written({ orgId });
    const fire = (id: string | null) =>
      db()
        .updateTable('timers')
        .set({ status: 'fired' })
        .where('id', '=', id ?? '')
        .execute();
    await fire(early.timerId);
    expect((await record({ orgId, outcomes: [outcomeOf(early, DEAD)] })).failed).toBe(1);
    const inOne = await record({
      orgId,
      outcomes: [outcomeOf(late, DEAD)],
      finish: async (tx) => {
        await tx
          .updateTable('timers')
          .set({ status: 'fired' })
          .where('id', '=', late.timerId ?? '')
          .execute();
        return 0;
      },
    });
    expect(inOne.failed).toBe(1);
    for (const { timerId } of [early, late]) {
      expect(await getTimer(db(), all(orgId), timerId ?? '')).toMatchObject({ status: 'failed' });
    }
    const told = await eventsOf(orgId);
    expect(told).toEqual(['delivery.dead', 'timer.failed', 'delivery.dead', 'timer.failed']);
  });

  test('a first attempt that was the only one its policy allows is dead', async () => {
    const delivery = await written({ policy: { maxAttempts: 1 } });
    const { ensured } = await record({ orgId: delivery.orgId, outcomes: [outcomeOf(delivery, FAILED)] });
    expect(ensured).toEqual([]);
    expect(await row(delivery)).toMatchObject({
      status: 'dead',
      next_attempt_at: null,
      last_error: 'status_500',
    });
  });

  test('an event is not told of the delivery of an event', async () => {
    const delivery = await written({
      id: randomUUID(),
      timerId: null,
      subscriptionId: 'subscription',
      tenantId: null,
    });
    await record({ orgId: delivery.orgId, outcomes: [outcomeOf(delivery, DELIVERED)] });
    expect(await row(delivery)).toMatchObject({ status: 'delivered' });
    expect(await eventsOf(delivery.orgId)).toEqual([]);
  });

  test('an escalation is a delivery of its own, frozen and owned, and made once', async () => {
    const url = vault.seal('https://user:secret@pager.example/alert');
    const action = { type: 'webhook' as const, url, data: { severity: 'high' }, method: 'POST' as const };
    const dueAt = new Date('2030-01-31T08:59:00.000Z');
    const firedAt = new Date('2030-01-31T08:59:00.005Z');
    // Data of the caller's own, under names that mean something to us elsewhere.
    const body = JSON.stringify({ fire_at: '1999-12-31T00:00:00Z', fired_at: 'never' });
    const escalation = { afterAttempts: 2, action };
    const delivery = await written({ escalation, body, occurrence: 7, dueAt, firedAt });
    const { orgId, id, timerId } = delivery;
    expect((await record({ orgId, outcomes: [outcomeOf(delivery, FAILED)] })).ensured).toEqual([
      delivery.receiver,
    ]);
    const { ensured } = await record({ orgId, outcomes: [outcomeOf(delivery, FAILED, 2)] });
    expect(ensured).toEqual([delivery.receiver, 'https://pager.example']);
    const escalated = await row({ orgId, id: `${id}.escalation` });
    expect(escalated).toMatchObject({
      status: 'pending',
      receiver: 'https://pager.example',
      request: { url },
      ...{ occurrence: 7, due_at: dueAt, fired_at: firedAt },
    });
    expect(JSON.parse(escalated?.body ?? '')).toEqual({
      ...{ severity: 'high', timer_id: timerId, tenant_id: 'tenant', name: 'a timer' },
      ...{ fire_at: '2030-01-31T08:59:00.000Z', fired_at: '2030-01-31T08:59:00.005Z' },
    });
    await record({ orgId, outcomes: [outcomeOf(delivery, DEAD, 3)] });
    expect(await row({ orgId, id: `${id}.escalation` })).toEqual(escalated);
  });

  test('what was not sent for want of a connection uses up no attempt, and is held against nobody', async () => {
    const delivery = await written({ policy: { maxAttempts: 1 } });
    const { orgId } = delivery;
    const unsent: AttemptResult = { kind: 'unsent', error: 'receiver_busy' };
    const { ensured } = await record({ orgId, outcomes: [outcomeOf(delivery, unsent)] });
    expect(ensured).toEqual([delivery.receiver]);
    expect(await row(delivery)).toMatchObject({
      ...{ status: 'pending', attempt_count: 0, attempts: [], last_error: 'receiver_busy' },
      next_attempt_at: new Date(NOW + 1_500),
    });
    expect(await getEndpoint(db(), delivery)).toBeUndefined();
    expect(await eventsOf(orgId)).toEqual([]);
    const again = { ...outcomeOf(delivery, DELIVERED), delivery: outgoing(delivery, { epoch: null }) };
    await record({ orgId, outcomes: [again] });
    expect(await row(delivery)).toMatchObject({ status: 'delivered', attempt_count: 1 });
  });
});
