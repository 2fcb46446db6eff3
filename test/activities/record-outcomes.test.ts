import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { AttemptResult } from '../../src/activities/channels/channel.js';
import { createOutcomeRecorder, type Outcome, type Recording } from '../../src/activities/record-outcomes.js';
import { getDelivery, insertDeliveries, type NewDelivery } from '../../src/db/deliveries.js';
import { getEndpoint, writeEndpoints } from '../../src/db/endpoints.js';
import { getTimer } from '../../src/db/timers.js';
import { describeEachDatabase } from '../support/databases.js';
import { aDelivery, aPending, outgoing, writeTimer } from '../support/deliveries.js';
import { newVault } from '../support/vault.js';

const NOW = Date.parse('2030-01-31T09:00:00.000Z');
const DAY_MS = 86_400_000;
const vault = newVault();
const FAILED: AttemptResult = { kind: 'retry', error: 'status_500', statusCode: 500 };
const DEAD: AttemptResult = { kind: 'dead', error: 'status_404', statusCode: 404 };
const DELIVERED: AttemptResult = { kind: 'delivered', statusCode: 200 };

describeEachDatabase('what is recorded', (database) => {
  const db = () => database().db;
  const all = (orgId: string) => ({ orgId, tenants: null });
  const outcomeOf = (delivery: NewDelivery, result: AttemptResult, attemptNumber = 1): Outcome => ({
    delivery: outgoing(delivery, { attemptNumber, ...(attemptNumber > 1 ? { epoch: null } : {}) }),
    result,
    at: new Date(NOW),
    durationMs: 3,
  });

  /** Records under a clock that stands, and tells which endpoints were ensured, and with what already written. */
  async function record(recording: Recording, now = NOW) {
    const ensured: string[] = [];
    const woken: string[] = [];
    let failed = 0;
    const statusesWhenEnsured: (string | undefined)[] = [];
    const recorder = createOutcomeRecorder({
      starter: {
        async ensureEndpoint({ receiver }) {
          ensured.push(receiver);
          for (const { delivery } of recording.outcomes)
            statusesWhenEnsured.push((await row(delivery))?.status);
        },
        wakeEndpoint: ({ receiver }) => void woken.push(receiver),
      },
      vault,
      onFailed: (count) => {
        failed += count;
      },
      now: () => now,
      random: () => 0.5,
    });
    await recorder.record(db(), recording);
    return { ensured, woken, statusesWhenEnsured, failed };
  }

  const row = ({ orgId, id }: { orgId: string; id: string }) => getDelivery(db(), all(orgId), id);

  async function written(given: Partial<NewDelivery> = {}): Promise<NewDelivery> {
    const orgId = given.orgId ?? randomUUID();
    const timerId = given.timerId === undefined ? await writeTimer(db(), { orgId }) : given.timerId;
    const delivery = aDelivery({ ...given, orgId, timerId });
    await insertDeliveries(db(), [delivery], NOW);
    return delivery;
  }

  async function eventsOf(orgId: string): Promise<string[]> {
    const events = await db()
      .selectFrom('events')
      .select(['type', 'subject'])
      .where('org_id', '=', orgId)
      .where('type', '!=', 'timer.created')
      .orderBy('id')
      .execute();
    return events.map(({ type }) => type);
  }

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
