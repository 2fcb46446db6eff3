import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { sql } from 'kysely';
import {
  deliveriesOfTimers,
  getDelivery,
  insertDeliveries,
  listDeliveries,
  overdueReceivers,
  postponeDeliveries,
} from '../../src/db/deliveries.js';
import { writeEndpoints } from '../../src/db/endpoints.js';
import { redeliver } from '../../src/db/redeliveries.js';
import { timerMetrics } from '../../src/db/timer-metrics.js';
import { cancelTimer, getTimer, listTimers, moveTimer } from '../../src/db/timers.js';
import { describeEachDatabase } from '../support/databases.js';
import { aDelivery, aPending, writeTimer } from '../support/deliveries.js';

const NOW = Date.parse('2030-01-31T09:00:00.123Z');
const all = (orgId: string) => ({ orgId, tenants: null });

describeEachDatabase('deliveries', (database) => {
  const db = () => database().db;

  test('are kept as they were frozen: the order of keys, the very text of the body', async () => {
    const orgId = randomUUID();
    const body = '{"z":1,"a":"é🎉\\u0000","1":{"b":null}}';
    const escalation = { afterAttempts: 3, action: { type: 'log' as const, data: { z: 1, a: 2 } } };
    const delivery = aDelivery({ orgId, body, escalation, policy: { maxAttempts: 3 } });
    expect(await insertDeliveries(db(), [delivery], NOW)).toEqual(new Map([[delivery.id, 'sending']]));
    const row = await getDelivery(db(), all(orgId), delivery.id);
    expect(row).toMatchObject({
      body,
      escalation,
      policy: { maxAttempts: 3 },
      attempts: [],
      attempt_count: 0,
    });
    expect(JSON.stringify(row?.escalation)).toBe(JSON.stringify(escalation));
    expect(row?.created_at).toEqual(new Date(NOW));
    expect([row?.status, Number(row?.epoch), row?.window_at]).toEqual(['sending', 1, delivery.windowAt]);
  });

  test('without an escalation have none', async () => {
    const delivery = aDelivery({ orgId: randomUUID() });
    await insertDeliveries(db(), [delivery], NOW);
    expect(await getDelivery(db(), all(delivery.orgId), delivery.id)).toMatchObject({ escalation: null });
  });

  test('that come twice are left as they are, and their status is told', async () => {
    const delivery = aPending({ orgId: randomUUID() });
    await insertDeliveries(db(), [delivery], NOW);
    const again = { ...delivery, status: 'sending' as const, body: 'another' };
    expect(await insertDeliveries(db(), [again], NOW)).toEqual(new Map([[delivery.id, 'pending']]));
    expect(await getDelivery(db(), all(delivery.orgId), delivery.id)).toMatchObject({ body: delivery.body });
  });

  test.each(['open', 'off'] as const)(
    'to a receiver whose circuit is %s are left to its workflow',
    async (state) => {
      const orgId = randomUUID();
      const at = new Date(NOW);
      const failing = { org_id: orgId, receiver: 'https://down.example', failures: 10, failing_since: at };
      await writeEndpoints(db(), [{ ...failing, state, opened_until: state === 'open' ? at : null }]);
      const held = aDelivery({ orgId, receiver: 'https://down.example' });
      const free = aDelivery({ orgId });
      const statuses = await insertDeliveries(db(), [held, free], NOW);
      expect(statuses).toEqual(
        new Map([
          [held.id, 'pending'],
          [free.id, 'sending'],
        ]),
      );
      expect(await getDelivery(db(), all(orgId), held.id)).toMatchObject({
        epoch: null,
        next_attempt_at: at,
      });
    },
  );

  test('are postponed only while they are being sent', async () => {
    const orgId = randomUUID();
    const [sending, pending] = [aDelivery({ orgId }), aPending({ orgId })];
    await insertDeliveries(db(), [sending, pending], NOW);
    await postponeDeliveries(db(), orgId, [sending.id, pending.id], NOW + 1);
    const at = new Date(NOW + 1);
    expect(await getDelivery(db(), all(orgId), sending.id)).toMatchObject({
      status: 'pending',
      next_attempt_at: at,
    });
    expect(await getDelivery(db(), all(orgId), pending.id)).toMatchObject({ next_attempt_at: new Date(0) });
  });

  test('are listed newest first, page by page, without gaps or repeats', async () => {
    const orgId = randomUUID();
    const deliveries = Array.from({ length: 7 }, () => aPending({ orgId }));
    for (const [index, delivery] of deliveries.entries()) {
      await insertDeliveries(db(), [delivery], NOW + Math.floor(index / 3));
    }
    const seen: string[] = [];
    for (let position: { createdAt: Date; id: string } | undefined; ; ) {
      const page = await listDeliveries(db(), all(orgId), { limit: 2 }, position);
      if (page.length === 0) break;
      seen.push(...page.map(({ id }) => id));
      const last = page.at(-1);
      position = last && { createdAt: last.created_at, id: last.id };
    }
    expect(seen).toHaveLength(7);
    expect(new Set(seen)).toEqual(new Set(deliveries.map(({ id }) => id)));
    expect(seen[0]).toBe(deliveries[6]?.id);
  });

  test('are filtered by status and timer; what is being sent is pending', async () => {
    const orgId = randomUUID();
    const [sending, pending] = [aDelivery({ orgId }), aPending({ orgId })];
    await insertDeliveries(db(), [sending, pending], NOW);
    const found = async (filter: object) =>
      (await listDeliveries(db(), all(orgId), { limit: 50, ...filter }, undefined))
        .map(({ id }) => id)
        .sort();
    expect(await found({ status: 'pending' })).toEqual([sending.id, pending.id].sort());
    expect(await found({ status: 'dead' })).toEqual([]);
    expect(await found({ timerId: sending.timerId })).toEqual([sending.id]);
    expect(await found({ taskId: 'any' })).toEqual([]);
  });

  test('of another organisation, or of a tenant that a key does not see, are not there', async () => {
    const orgId = randomUUID();
    const timerId = await writeTimer(db(), { orgId, tenantId: 'mine' });
    const delivery = aPending({ orgId, timerId });
    const ofEvent = aPending({ orgId, id: randomUUID(), timerId: null, subscriptionId: 'subscription' });
    await insertDeliveries(db(), [delivery, ofEvent], NOW);
    const seenBy = async (scope: { orgId: string; tenants: string[] | null }) => {
      const listed = await listDeliveries(db(), scope, { limit: 50 }, undefined);
      const got = await getDelivery(db(), scope, delivery.id);
      return [listed.length, got?.id ?? null];
    };
    expect(await seenBy({ orgId, tenants: null })).toEqual([2, delivery.id]);
    expect(await seenBy({ orgId, tenants: ['mine'] })).toEqual([1, delivery.id]);
    expect(await seenBy({ orgId, tenants: ['other'] })).toEqual([0, null]);
    expect(await seenBy({ orgId, tenants: [] })).toEqual([0, null]);
    expect(await seenBy({ orgId: randomUUID(), tenants: null })).toEqual([0, null]);
  });

  test('of a timer are its latest 20, oldest first', async () => {
    const orgId = randomUUID();
    const [many, few] = [randomUUID(), randomUUID()];
    for (let occurrence = 0; occurrence < 25; occurrence++) {
      await insertDeliveries(
        db(),
        [aPending({ orgId, timerId: many, id: `${many}.${occurrence}.0` })],
        NOW + occurrence,
      );
    }
    await insertDeliveries(db(), [aPending({ orgId, timerId: few })], NOW);
    const rows = await deliveriesOfTimers(db(), orgId, [many, few]);
    const ofMany = rows.filter(({ timer_id }) => timer_id === many).map(({ id }) => id);
    expect(ofMany).toHaveLength(20);
    expect([ofMany[0], ofMany[19]]).toEqual([`${many}.5.0`, `${many}.24.0`]);
    expect(rows.filter(({ timer_id }) => timer_id === few)).toHaveLength(1);
    expect(await deliveriesOfTimers(db(), orgId, [])).toEqual([]);
  });

  test('that nobody took up in time name their receiver, unless its circuit holds them back', async () => {
    const orgId = randomUUID();
    const opened = { org_id: orgId, receiver: 'https://open.example', state: 'open' as const, failures: 10 };
    await writeEndpoints(db(), [
      { ...opened, failing_since: new Date(NOW), opened_until: new Date(NOW + 1) },
    ]);
    const due = (receiver: string, at: number) => aPending({ orgId, receiver, nextAttemptAt: new Date(at) });
    const given = [
      due('https://late.example', NOW - 2),
      due('https://late.example', NOW - 1),
      due('https://open.example', NOW - 2),
      due('https://later.example', NOW + 1),
    ];
    await insertDeliveries(db(), given, NOW);
    const ofOrg = (await overdueReceivers(db(), new Date(NOW))).filter((one) => one.orgId === orgId);
    expect(ofOrg).toEqual([{ orgId, receiver: 'https://late.example' }]);
  });

  test('of a timer that repeated for long are its latest 20, oldest first, beside those of others', async () => {
    const orgId = randomUUID();
    const id = (timerId: string, occurrence: number) => `${timerId}.${occurrence}.0`;
    for (const [timerId, count] of [
      ['often', 25],
      ['once', 1],
    ] as const) {
      for (let occurrence = 1; occurrence <= count; occurrence++) {
        const delivery = aDelivery({ orgId, timerId, id: id(timerId, occurrence) });
        await insertDeliveries(db(), [delivery], NOW + occurrence);
      }
    }
    const found = await deliveriesOfTimers(db(), orgId, ['often', 'once', 'none']);
    const of = (timerId: string) => found.filter(({ timer_id }) => timer_id === timerId).map((row) => row.id);
    expect(of('often')).toEqual(Array.from({ length: 20 }, (_, index) => id('often', index + 6)));
    expect([of('once'), found.length]).toEqual([[id('once', 1)], 21]);
  });

  test('have no moment finer than a millisecond, whoever writes one', async () => {
    const delivery = aDelivery({ orgId: randomUUID() });
    await insertDeliveries(db(), [delivery], NOW);
    const { rows } = await sql<{ micros: number }>`
      update deliveries set created_at = '2030-01-31T09:00:00.123456Z' where org_id = ${delivery.orgId}
      returning extract(microseconds from created_at)::int as micros`.execute(db());
    expect(rows).toEqual([{ micros: 123_000 }]);
  });
});

describeEachDatabase('a key that is limited to no tenant at all', (database) => {
  test('sees and changes neither timers nor deliveries', async () => {
    const { db } = database();
    const orgId = randomUUID();
    const nobody = { orgId, tenants: [] };
    const timerId = await writeTimer(db, { orgId });
    const delivery = aDelivery({ orgId, timerId });
    await insertDeliveries(db, [delivery], NOW);
    const page = { limit: 10 };
    expect(await getTimer(db, nobody, timerId)).toBeUndefined();
    expect(await listTimers(db, nobody, page, undefined)).toEqual([]);
    const by = { reason: null, requestedBy: null, at: new Date() };
    expect(await cancelTimer(db, nobody, timerId, by)).toEqual({ changed: false, row: undefined });
    const to = { fireAt: new Date(), windowAt: new Date(), durationMs: null, notices: [] };
    expect(await moveTimer(db, nobody, timerId, to)).toEqual({ changed: false, row: undefined });
    expect(await timerMetrics(db, nobody, {})).toMatchObject({ active: 0 });
    expect(await getDelivery(db, nobody, delivery.id)).toBeUndefined();
    expect(await listDeliveries(db, nobody, page, undefined)).toEqual([]);
    expect(await redeliver(db, nobody, delivery.id, NOW)).toEqual({ changed: false, row: undefined });
  });
});
