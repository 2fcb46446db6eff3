import { sql } from 'kysely';
import type { Db } from './database.js';
import type { Scope } from './timers.js';

export interface MetricsFilter {
  tenantId?: string | undefined;
  requestedBy?: string | undefined;
  /** Only what ended after this moment; whatever is active counts always. */
  since?: Date | undefined;
}

/** Counts and figures of timers, in one statement. */
export interface MetricsRow {
  active: number;
  completed: number;
  cancelled: number;
  failed: number;
  /** Seconds from creation to firing. */
  averageDuration: number | null;
  latenessP50: number | null;
  latenessP99: number | null;
  lastActivity: Date | null;
}

const conditions = ({ orgId, tenants }: Scope, { tenantId, requestedBy }: MetricsFilter) => {
  const parts = [sql`org_id = ${orgId}`];
  if (tenants) parts.push(sql`tenant_id in (${sql.join([...tenants])})`);
  if (tenantId !== undefined) parts.push(sql`tenant_id = ${tenantId}`);
  if (requestedBy !== undefined) parts.push(sql`requested_by = ${requestedBy}`);
  return sql.join(parts, sql` and `);
};

export async function timerMetrics(db: Db, scope: Scope, filter: MetricsFilter): Promise<MetricsRow> {
  const where = conditions(scope, filter);
  const since = filter.since ?? new Date(0);
  const active = await sql<{ count: number }>`
    select sum(n)::int as count from (
      select count(*) as n from timers where status = 'scheduled' and ${where}
      union all select count(*) from timers where status = 'firing' and ${where}) counted`.execute(db);
  const ended = await sql<MetricsRow>`
    select
      count(*) filter (where fired_at >= ${since} and status <> 'failed')::int as "completed",
      count(*) filter (where cancelled_at >= ${since})::int as "cancelled",
      count(*) filter (where fired_at >= ${since} and status = 'failed')::int as "failed",
      avg(extract(epoch from fired_at - created_at)) filter (where fired_at >= ${since})::float8 as "averageDuration",
      percentile_disc(0.5) within group (order by lateness_ms) filter (where fired_at >= ${since})::float8 as "latenessP50",
      percentile_disc(0.99) within group (order by lateness_ms) filter (where fired_at >= ${since})::float8 as "latenessP99",
      max(greatest(fired_at, cancelled_at)) as "lastActivity"
    from timers
    where (fired_at is not null or cancelled_at is not null) and coalesce(fired_at, cancelled_at) >= ${since} and ${where}`.execute(
    db,
  );
  const [row] = ended.rows;
  if (!row) throw new Error('an aggregate always has a row');
  return { ...row, active: Number(active.rows[0]?.count ?? 0) };
}

/** When a timer of a tenant (or of anyone) last fired. */
export async function lastFiredAt(db: Db, scope: Scope, tenantId: string | undefined): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select max(fired_at) as at from timers
    where (fired_at is not null or cancelled_at is not null) and ${conditions(scope, { tenantId })}`.execute(
    db,
  );
  return rows[0]?.at ?? null;
}
