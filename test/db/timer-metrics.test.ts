import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { timerHealth, timerMetrics } from '../../src/db/timer-metrics.js';
import { describeEachDatabase } from '../support/databases.js';
import { writeTimer } from '../support/deliveries.js';

const CREATED = new Date('2030-01-31T08:00:00Z');
const after = (minutes: number) => new Date(CREATED.getTime() + minutes * 60_000);

describeEachDatabase('the figures of timers', (database) => {
  const db = () => database().db;
  const change = (orgId: string, id: string, to: object) =>
    db().updateTable('timers').set(to).where('org_id', '=', orgId).where('id', '=', id).execute();

  test('count a repeating timer as cancelled that had fired before the period', async () => {
    const orgId = randomUUID();
    const id = await writeTimer(db(), { orgId, everyMs: 60_000, createdAt: CREATED });
    await change(orgId, id, { status: 'cancelled', fired_at: after(10), cancelled_at: after(60) });
    const of = (since: Date) => timerMetrics(db(), { orgId, tenants: null }, { since });
    expect(await of(after(30))).toMatchObject({ completed: 0, cancelled: 1, lastActivity: after(60) });
    expect(await of(after(5))).toMatchObject({ completed: 1, cancelled: 1 });
    expect(await of(after(90))).toMatchObject({ completed: 0, cancelled: 0, lastActivity: null });
  });

  test('say how late they were, and of health only what needs no sorting', async () => {
    const orgId = randomUUID();
    await writeTimer(db(), { orgId });
    for (const [status, lateness_ms] of [
      ['fired', 3],
      ['fired', 5],
      ['failed', 90],
    ] as const) {
      const id = await writeTimer(db(), { orgId, createdAt: CREATED });
      await change(orgId, id, { status, lateness_ms, fired_at: after(2) });
    }
    const health = {
      ...{ active: 1, completed: 2, failed: 1, averageDuration: 120 },
      ...{ lastFiredAt: after(2), lastActivity: after(2) },
    };
    expect(await timerHealth(db(), { orgId, tenants: null }, {})).toEqual(health);
    const figures = { ...health, cancelled: 0, latenessP50: 5, latenessP99: 90 };
    expect(await timerMetrics(db(), { orgId, tenants: null }, {})).toEqual(figures);
    const other = { orgId, tenants: ['other'] };
    expect(await timerHealth(db(), other, {})).toMatchObject({ active: 0, completed: 0, lastFiredAt: null });
  });
});
