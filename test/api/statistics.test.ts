import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KeptAnswers } from '../../src/api/kept-answers.js';
import { readStatistics } from '../../src/api/read-statistics.js';
import { insertDeliveries } from '../../src/db/deliveries.js';
import { ensureOrg } from '../../src/db/orgs.js';
import { requestModelCalls } from '../../src/db/task-calls.js';
import type { Statistics } from '../../src/schemas/statistics.js';
import { anAgent } from '../support/agents.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { describeEachDatabase } from '../support/databases.js';
import { aDelivery, writeTimer } from '../support/deliveries.js';
import { aMessage } from '../support/handled-mail.js';
import { aTask } from '../support/tasks.js';

const NOW = Date.parse('2030-01-31T09:12:34.567Z');
const HOUR_MS = 3_600_000;
const ago = (millis: number) => new Date(NOW - millis);

describeEachDatabase('statistics', (database) => {
  const db = () => database().db;
  const read = (orgId: string, periodMs = HOUR_MS) => readStatistics(db(), orgId, { periodMs, now: NOW });
  async function anOrg(): Promise<string> {
    const id = randomUUID();
    await ensureOrg(db(), { id, name: id, tier: 'pro', webhookSecret: 'sealed' });
    return id;
  }
  async function fired(orgId: string, at: Date, columns: object = {}): Promise<void> {
    const id = await writeTimer(db(), { orgId });
    await db()
      .updateTable('timers')
      .set({ status: 'fired', fired_at: at, lateness_ms: 4, ...columns })
      .where('org_id', '=', orgId)
      .where('id', '=', id)
      .execute();
  }

  test('of an organisation in which nothing happened are zeros in every part of the period', async () => {
    const statistics = await read(randomUUID());
    expect(statistics).toMatchObject({ from: '2030-01-31T08:13:00.000Z', bucketMs: 60_000 });
    expect(statistics.buckets).toHaveLength(60);
    expect(statistics.buckets.at(-1)).toMatchObject({
      ...{ from: '2030-01-31T09:12:00.000Z', timersFired: 0, tokens: 0, costUsd: 0 },
      latenessMs: { p50: null, p99: null },
    });
  });

  test.each([
    [HOUR_MS, 60],
    [24 * HOUR_MS, 48],
    [7 * 24 * HOUR_MS, 56],
    [30 * 24 * HOUR_MS, 60],
  ])('cover a period of %i ms in %i parts', async (periodMs, parts) => {
    const { buckets, bucketMs } = await read(randomUUID(), periodMs);
    expect([buckets.length, buckets.length * bucketMs]).toEqual([parts, periodMs]);
  });

  test('tell of timers by when they fired, with how late they were', async () => {
    const orgId = await anOrg();
    for (const lateness_ms of [1, 2, 3, 12_345]) await fired(orgId, ago(0), { lateness_ms });
    await fired(orgId, ago(120_000), { status: 'failed', lateness_ms: 7 });
    // One that repeats: it fired, and was cancelled since.
    await fired(orgId, ago(180_000), { status: 'cancelled', cancelled_at: ago(1_000), lateness_ms: 8 });
    await fired(orgId, ago(2 * HOUR_MS), { status: 'cancelled', cancelled_at: ago(1_000) });
    await fired(await anOrg(), ago(0));
    const { buckets, totals } = await read(orgId);
    expect(buckets.at(-1)).toMatchObject({ timersFired: 4, latenessMs: { p50: 2, p99: 12_000 } });
    expect(buckets.at(-3)).toMatchObject({ timersFired: 1, timersFailed: 1, latenessMs: { p50: 7 } });
    expect(buckets.at(-4)).toMatchObject({ timersFired: 1, timersFailed: 0 });
    expect(totals).toMatchObject({ timersFired: 6, timersFailed: 1, latenessMs: { p50: 3, p99: 12_000 } });
  });

  test('tell of deliveries, tasks, messages, tokens and cost', async () => {
    const orgId = await anOrg();
    const agent = await anAgent(database(), { orgId });
    const at = ago(0);
    const id = (index: number) => `${orgId}.${index}`;
    await insertDeliveries(
      db(),
      [0, 1, 2].map((index) => aDelivery({ orgId, id: id(index), timerId: id(index) })),
      NOW,
    );
    const setDelivery = (index: number, status: 'delivered' | 'dead') =>
      db().updateTable('deliveries').set({ status }).where('id', '=', id(index)).execute();
    await db().updateTable('deliveries').set({ created_at: at }).where('org_id', '=', orgId).execute();
    await setDelivery(0, 'delivered');
    await setDelivery(1, 'dead');
    const [task] = [
      await aTask(database(), agent, { createdAt: at }),
      await aTask(database(), agent, { createdAt: at }),
    ];
    await db().updateTable('tasks').set({ status: 'timed_out' }).where('id', '=', task.id).execute();
    const place = (index: number) => `execute.${index}`;
    await requestModelCalls(
      db(),
      task,
      [0, 1].map((index) => ({ id: `${task.id}.${index}`, place: place(index), request: {} })),
    );
    await db()
      .updateTable('model_calls')
      .set({ input_tokens: 10, output_tokens: 5, cost_nanos: 2_000_000, started_at: at })
      .where('task_id', '=', task.id)
      .execute();
    const message = aMessage({ orgId });
    await db()
      .insertInto('messages')
      .values({
        ...{
          org_id: orgId,
          id: message.id,
          sender: 'a',
          type: 'b',
          payload: '{}',
          sent_at: 0,
          is_published: false,
        },
      })
      .execute();
    await db()
      .insertInto('receipts')
      .values({
        org_id: orgId,
        message_id: message.id,
        agent_id: agent.id,
        status: 'processed',
        queued_at: at,
      })
      .execute();
    const { buckets, totals } = await read(orgId);
    const expected = {
      ...{ deliveriesDelivered: 1, deliveriesDead: 1, tasksCompleted: 0, tasksFailed: 1 },
      ...{ messagesProcessed: 1, messagesDead: 0, tokens: 30, costUsd: 0.004 },
    };
    expect(buckets.at(-1)).toMatchObject(expected);
    expect(totals).toMatchObject(expected);
    await db().updateTable('model_calls').set({ cost_nanos: null }).where('task_id', '=', task.id).execute();
    expect((await read(orgId)).totals).toMatchObject({ tokens: 30, costUsd: null });
  });
});

describe('GET /statistics', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api.close());

  test('answers an administrator and keys of the whole organisation, none that is limited to tenants', async () => {
    const { key, adminToken: token } = await api.org();
    expect((await api.send('/statistics', { token })).status).toBe(200);
    const wish = { name: 'of one tenant', tenants: ['ours'] };
    const { key: limited } = (await api.send('/api-keys', { token, body: wish })).json<{ key: string }>();
    expect((await api.send('/statistics', { key: limited })).status).toBe(403);
    const answer = await api.send('/statistics?period=7d', { key });
    expect(answer.status).toBe(200);
    expect(answer.json<Statistics>().buckets).toHaveLength(56);
    expect((await api.send('/statistics', { key })).json<Statistics>().buckets).toHaveLength(48);
    expect((await api.send('/statistics?period=1y', { key })).status).toBe(422);
  });
});

describe('kept answers', () => {
  test('are worked out once for all who ask at the same time, and again when they are old', async () => {
    let now = 0;
    let worked = 0;
    const kept = new KeptAnswers<number>(() => now);
    const work = async () => {
      worked += 1;
      now += 1_000;
      return worked;
    };
    expect(await Promise.all([kept.get('a', work), kept.get('a', work), kept.get('b', work)])).toEqual([
      1, 1, 2,
    ]);
    now += 9_000;
    expect(await kept.get('a', work)).toBe(1);
    now += 30_000;
    expect(await kept.get('a', work)).toBe(3);
  });

  test('do not keep a failure', async () => {
    const kept = new KeptAnswers<number>();
    await expect(kept.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await kept.get('a', () => Promise.resolve(1))).toBe(1);
  });
});
