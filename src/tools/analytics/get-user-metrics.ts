import { z } from 'zod';
import { activityDays, activityFigures, activityKinds, busiestUsers } from '../../db/user-activities.js';
import { Period, sinceOf, tenths } from '../arguments.js';
import { defineBuiltin } from '../builtin.js';

const MOST_KINDS = 50;

export const getUserMetrics = defineBuiltin({
  name: 'get_user_metrics',
  version: '1.0',
  category: 'analytics',
  description:
    'Says what users did: how much, of which kinds, on how many days, when last. Of one user, or of all together ' +
    'with those who did most.',
  isRepeatable: true,
  schema: z.strictObject({
    user_id: z.string().min(1).max(200).optional().describe('Of one user; by default of all'),
    period: Period.default('30d'),
    top: z.int().min(1).max(100).default(10).describe('How many of the users who did most to name'),
  }),
  async execute({ user_id: userId, period, top }, { database: { db }, orgId, now }) {
    const query = { orgId, userId, since: sinceOf(period, now()) };
    const figures = await activityFigures(db, query);
    const kinds = await activityKinds(db, query, MOST_KINDS);
    const users = userId === undefined ? await busiestUsers(db, query, top) : undefined;
    return {
      ...(userId === undefined ? {} : { user_id: userId }),
      period,
      activities: figures.activities,
      ...(userId === undefined ? { users: figures.users } : {}),
      active_days: figures.active_days,
      activities_per_active_day:
        figures.active_days === 0 ? 0 : tenths(figures.activities / figures.active_days),
      first_seen_at: figures.first_at?.toISOString() ?? null,
      last_seen_at: figures.last_at?.toISOString() ?? null,
      by_kind: kinds,
      by_day: await activityDays(db, query),
      ...(users
        ? {
            top_users: users.map(({ last_at, ...user }) => ({
              ...user,
              last_seen_at: last_at.toISOString(),
            })),
          }
        : {}),
    };
  },
});
