import { type Selectable, sql } from 'kysely';
import type { Db } from './database.js';
import type { UserActivityTable } from './tables-of-tools.js';

export type UserActivityRow = Selectable<UserActivityTable>;

/** What users did since a moment; all of them where none is named. */
export interface ActivityQuery {
  orgId: string;
  userId?: string | undefined;
  since: Date;
}

const matching = ({ orgId, userId, since }: ActivityQuery) => sql`
  user_activities where org_id = ${orgId} and at >= ${since}
  ${userId === undefined ? sql`` : sql`and user_id = ${userId}`}`;

export interface ActivityFigures {
  activities: number;
  users: number;
  /** Days (UTC) on which something was done. */
  active_days: number;
  first_at: Date | null;
  last_at: Date | null;
}

export async function activityFigures(db: Db, query: ActivityQuery): Promise<ActivityFigures> {
  const { rows } = await sql<ActivityFigures>`
    select count(*)::int as activities, count(distinct user_id)::int as users,
      count(distinct (at at time zone 'UTC')::date)::int as active_days, min(at) as first_at, max(at) as last_at
    from ${matching(query)}`.execute(db);
  const [figures] = rows;
  if (!figures) throw new Error('an aggregate has one row');
  return figures;
}

/** How often each kind of thing was done, the most frequent first. */
export async function activityKinds(
  db: Db,
  query: ActivityQuery,
  limit: number,
): Promise<{ kind: string; count: number; users: number }[]> {
  const { rows } = await sql<{ kind: string; count: number; users: number }>`
    select kind, count(*)::int as count, count(distinct user_id)::int as users
    from ${matching(query)} group by kind order by 2 desc, kind limit ${limit}`.execute(db);
  return rows;
}

/** By day (UTC), the oldest first; days on which nothing was done are left out. */
export async function activityDays(
  db: Db,
  query: ActivityQuery,
): Promise<{ day: string; count: number; users: number }[]> {
  const { rows } = await sql<{ day: string; count: number; users: number }>`
    select to_char(at at time zone 'UTC', 'YYYY-MM-DD') as day, count(*)::int as count,
      count(distinct user_id)::int as users
    from ${matching(query)} group by 1 order by 1`.execute(db);
  return rows;
}

export interface UserFigures {
  user_id: string;
  activities: number;
  kinds: number;
  active_days: number;
  last_at: Date;
}

/** The users who did most. */
export async function busiestUsers(db: Db, query: ActivityQuery, limit: number): Promise<UserFigures[]> {
  const { rows } = await sql<UserFigures>`
    select user_id, count(*)::int as activities, count(distinct kind)::int as kinds,
      count(distinct (at at time zone 'UTC')::date)::int as active_days, max(at) as last_at
    from ${matching(query)} group by user_id order by 2 desc, user_id limit ${limit}`.execute(db);
  return rows;
}

/** Writes what users did; one whose id is taken stays as it is. */
export async function insertActivities(db: Db, activities: readonly UserActivityRow[]): Promise<void> {
  await sql`
    insert into user_activities (id, org_id, user_id, kind, data, at)
    select id, org_id, user_id, kind, data, at
    from json_to_recordset(${JSON.stringify(activities)}::json) as given (
      id text, org_id text, user_id text, kind text, data json, at timestamptz)
    on conflict do nothing`.execute(db);
}
