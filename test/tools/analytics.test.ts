import { expect, test } from '@jest/globals';
import { writeSampleData } from '../../src/api/sample-data/write.js';
import { insertTask } from '../../src/db/tasks.js';
import { insertActivities } from '../../src/db/user-activities.js';
import { generateReport } from '../../src/tools/analytics/generate-report.js';
import { getUserMetrics } from '../../src/tools/analytics/get-user-metrics.js';
import { describeEachDatabase } from '../support/databases.js';
import { callOf, toolContext } from '../support/tools.js';

const NOW = Date.parse('2030-01-31T12:00:00.000Z');
const HOUR_MS = 3_600_000;

describeEachDatabase('tools that analyse', (database) => {
  const context = () => toolContext(database(), { now: () => NOW });

  /** Of ines three views and a purchase, of "=1+1" one search; one of ines lies 40 days back. */
  async function withActivities() {
    const analyst = await context();
    const done = [
      ['ines', 'view', 1],
      ['ines', 'view', 2],
      ['ines', 'view', 30],
      ['ines', 'purchase', 31],
      ['=1+1', 'search', 3],
      ['ines', 'view', 40 * 24],
    ] as const;
    await insertActivities(
      database().db,
      done.map(([user_id, kind, hoursAgo], index) => ({
        ...{ id: `${analyst.orgId} ${index}`, org_id: analyst.orgId, user_id, kind, data: {} },
        at: new Date(NOW - hoursAgo * HOUR_MS),
      })),
    );
    return analyst;
  }

  test("a user's metrics count what they did, by kind and day, and say when last", async () => {
    const analyst = await withActivities();
    expect(await callOf(getUserMetrics, { user_id: 'ines', period: '30d' }, analyst)).toEqual({
      ...{ user_id: 'ines', period: '30d', activities: 4, active_days: 2, activities_per_active_day: 2 },
      first_seen_at: '2030-01-30T05:00:00.000Z',
      last_seen_at: '2030-01-31T11:00:00.000Z',
      by_kind: [
        { kind: 'view', count: 3, users: 1 },
        { kind: 'purchase', count: 1, users: 1 },
      ],
      by_day: [
        { day: '2030-01-30', count: 2, users: 1 },
        { day: '2030-01-31', count: 2, users: 1 },
      ],
    });
  });

  test('the metrics of all users name those who did most', async () => {
    const analyst = await withActivities();
    const metrics = await callOf(getUserMetrics, { period: '90d', top: 1 }, analyst);
    expect(metrics).toMatchObject({
      ...{ activities: 6, users: 2, active_days: 3 },
      top_users: [{ user_id: 'ines', activities: 5, kinds: 2, last_seen_at: '2030-01-31T11:00:00.000Z' }],
    });
  });

  test('a user of whom nothing is known has metrics of nothing', async () => {
    const analyst = await withActivities();
    const stranger = await context();
    for (const caller of [stranger, { ...analyst, now: () => NOW + 400 * 24 * HOUR_MS }])
      expect(await callOf(getUserMetrics, { user_id: 'ines' }, caller)).toMatchObject({
        ...{ activities: 0, active_days: 0, activities_per_active_day: 0, last_seen_at: null, by_kind: [] },
      });
  });

  test('a report of users is the same in every format, and a name is no formula', async () => {
    const analyst = await withActivities();
    const report = (format: string) => callOf(generateReport, { report: 'users', format }, analyst);
    expect(await report('json')).toMatchObject({
      ...{ report: 'users', media_type: 'application/json', rows: 2 },
      content: {
        summary: expect.arrayContaining([{ label: 'Active users', value: 2 }]),
        rows: [
          { user_id: 'ines', activities: 4 },
          { user_id: '=1+1', activities: 1 },
        ],
      },
    });
    const csv = await report('csv');
    expect(csv.content).toContain('"\'=1+1",1,1,1,2030-01-31T09:00:00.000Z\r\n');
    expect((await report('markdown')).content).toContain('| \\=1+1 | 1 |');
    expect((await report('html')).content).toContain('<td>=1+1</td><td class="n">1</td>');
  });

  test('a report of the market has a row for each category', async () => {
    const analyst = await context();
    await writeSampleData(database().db, analyst.orgId, NOW);
    const { content } = (await callOf(generateReport, { report: 'market', period: '90d' }, analyst)) as {
      content: { title: string; rows: Record<string, unknown>[] };
    };
    expect(content.title).toBe('Market, last 90d');
    expect(content.rows.map(({ category }) => category)).toEqual([
      ...['books', 'collectibles', 'electronics', 'fashion', 'furniture', 'sports'],
    ]);
    expect(content.rows[2]).toMatchObject({
      active_listings: expect.any(Number),
      revenue: expect.any(Number),
      median_price_paid: expect.any(Number),
    });
  });

  test('a report of executions sums what agents did; an unknown cost stays unknown', async () => {
    const analyst = await context();
    const { orgId, agent } = analyst;
    const work = { prompt: null, method: 'm', input: {}, priority: 5, userId: null, sessionId: null };
    for (const [id, cost] of [
      ['a', 2_500_000],
      ['b', null],
    ] as const) {
      await insertTask(database().db, {
        ...{ ...work, orgId, id, agent, metadata: {}, timeoutMs: 1_000, parent: null, fingerprint: null },
        createdAt: new Date(NOW - HOUR_MS),
      });
      await database()
        .db.updateTable('tasks')
        .set({
          ...{ status: 'completed', input_tokens: 10, output_tokens: 5, cost_nanos: cost },
          ...{ started_at: new Date(NOW - 2_000), completed_at: new Date(NOW) },
        })
        .where('org_id', '=', orgId)
        .where('id', '=', id)
        .execute();
    }
    const args = { report: 'executions', title: 'Work' };
    expect(await callOf(generateReport, args, analyst)).toMatchObject({
      content: {
        title: 'Work',
        rows: [
          {
            ...{ agent: agent.name, executions: 2, completed: 2, failed: 0 },
            ...{ mean_duration_ms: 2_000, tokens: 30, cost_usd: null },
          },
        ],
      },
    });
  });
});
