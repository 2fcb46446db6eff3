import type { Db } from '../../db/database.js';
import { categoryFigures } from '../../db/sales.js';
import { agentTaskFigures } from '../../db/task-figures.js';
import { activityFigures, activityKinds, busiestUsers } from '../../db/user-activities.js';
import type { Report } from '../../domain/report.js';
import { dollarsOf } from '../arguments.js';

export const REPORT_KINDS = ['market', 'users', 'executions'] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

type Content = Pick<Report, 'title' | 'summary' | 'columns' | 'rows'>;
interface Span {
  orgId: string;
  since: Date;
}

const MOST_USERS = 100;
const MOST_KINDS = 10;
const NANOS = 1_000_000_000;

const total = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);
const rounded = (cents: number | null) => (cents === null ? null : dollarsOf(cents));

async function market(db: Db, { orgId, since }: Span): Promise<Content> {
  const rows = await categoryFigures(db, orgId, since);
  return {
    title: 'Market',
    summary: [
      { label: 'Active listings', value: total(rows.map(({ active }) => active)) },
      { label: 'Sales', value: total(rows.map(({ sold }) => sold)) },
      { label: 'Revenue (USD)', value: dollarsOf(total(rows.map(({ revenue }) => revenue))) },
    ],
    columns: ['category', 'active_listings', 'mean_price_asked', 'sales', 'revenue', 'median_price_paid'],
    rows: rows.map((row) => [
      ...[row.category, row.active, rounded(row.asked_mean)],
      ...[row.sold, dollarsOf(row.revenue), rounded(row.sold_median)],
    ]),
  };
}

async function users(db: Db, { orgId, since }: Span): Promise<Content> {
  const figures = await activityFigures(db, { orgId, since });
  const kinds = await activityKinds(db, { orgId, since }, MOST_KINDS);
  const busiest = await busiestUsers(db, { orgId, since }, MOST_USERS);
  return {
    title: 'Users',
    summary: [
      { label: 'Active users', value: figures.users },
      { label: 'Activities', value: figures.activities },
      { label: 'Active days', value: figures.active_days },
      ...kinds.map(({ kind, count }) => ({ label: kind, value: count })),
    ],
    columns: ['user_id', 'activities', 'kinds', 'active_days', 'last_seen_at'],
    rows: busiest.map((user) => [
      ...[user.user_id, user.activities, user.kinds, user.active_days],
      user.last_at.toISOString(),
    ]),
  };
}

async function executions(db: Db, { orgId, since }: Span): Promise<Content> {
  const rows = await agentTaskFigures(db, orgId, since);
  return {
    title: 'Executions',
    summary: [
      { label: 'Executions', value: total(rows.map((row) => row.executions)) },
      { label: 'Completed', value: total(rows.map((row) => row.completed)) },
      { label: 'Tokens', value: total(rows.map((row) => row.tokens)) },
    ],
    columns: [
      ...['agent', 'executions', 'completed', 'failed', 'cancelled', 'timed_out'],
      ...['mean_duration_ms', 'tokens', 'cost_usd'],
    ],
    rows: rows.map((row) => [
      ...[row.agent_name, row.executions, row.completed, row.failed, row.cancelled, row.timed_out],
      ...[row.mean_ms === null ? null : Math.round(row.mean_ms), row.tokens],
      row.cost_nanos === null ? null : row.cost_nanos / NANOS,
    ]),
  };
}

/** What each kind of report reads and shows. */
export const REPORTS: Record<ReportKind, (db: Db, span: Span) => Promise<Content>> = {
  market,
  users,
  executions,
};
