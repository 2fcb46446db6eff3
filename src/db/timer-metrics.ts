import { type RawBuilder, sql } from 'kysely';
import type { Db } from './database.js';
import { type Scope, seesTenant } from './scope.js';

export interface MetricsFilter {
  tenantId?: string | undefined;
  requestedBy?: string | undefined;
  /** Only what ended after this moment; whatever is active counts always. */
  since?: Date | undefined;
}

/** Counts and figures of timers. */
export interface MetricsRow extends HealthRow {
  cancelled: number;
  latenessP50: number | null;
  latenessP99: number | null;
}

/** What tells whether timers get done. */
export interface HealthRow {
  active: number;
  completed: number;
  failed: number;
  /** Seconds from creation to firing. */
  averageDuration: number | null;
  /** When one last fired. */
  lastFiredAt: Date | null;
  /** When one last fired or was cancelled. */
  lastActivity: Date | null;
}

const conditions = (scope: Scope, { tenantId, requestedBy }: MetricsFilter) => {
  const parts = [sql`org_id = ${scope.orgId}`, seesTenant(scope)];
  if (tenantId !== undefined) parts.push(sql`tenant_id = ${tenantId}`);
  if (requestedBy !== undefined) parts.push(sql`requested_by = ${requestedBy}`);
  return sql.join(parts, sql` and `);
};

/** A repeating timer may have fired before it was cancelled: the later of the two counts. */
const ENDED_AT = sql`greatest(fired_at, cancelled_at)`;
const HAS_FIRED = (since: Date) => sql`fired_at >= ${since}`;

const healthColumns = (since: Date) => sql`
  count(*) filter (where ${HAS_FIRED(since)} and status <> 'failed')::int as "completed",
  count(*) filter (where ${HAS_FIRED(since)} and status = 'failed')::int as "failed",
  avg(extract(epoch from fired_at - created_at)) filter (where ${HAS_FIRED(since)})::float8 as "averageDuration",
  max(fired_at) as "lastFiredAt",
  max(${ENDED_AT}) as "lastActivity"`;

const metricsColumns = (since: Date) => sql`${healthColumns(since)},
  count(*) filter (where cancelled_at >= ${since})::int as "cancelled",
  percentile_disc(0.5) within group (order by lateness_ms) filter (where ${HAS_FIRED(since)})::float8 as "latenessP50",
  percentile_disc(0.99) within group (order by lateness_ms) filter (where ${HAS_FIRED(since)})::float8 as "latenessP99"`;

export const timerMetrics = (db: Db, scope: Scope, filter: MetricsFilter): Promise<MetricsRow> =>
  aggregate<MetricsRow>(db, scope, filter, metricsColumns);

/** Of all that ended, without what has to be sorted. */
export const timerHealth = (db: Db, scope: Scope, filter: MetricsFilter): Promise<HealthRow> =>
  aggregate<HealthRow>(db, scope, filter, healthColumns);

async function aggregate<Row extends HealthRow>(
  db: Db,
  scope: Scope,
  filter: MetricsFilter,
  columnsOf: (since: Date) => RawBuilder<unknown>,
): Promise<Row> {
  const where = conditions(scope, filter);
  const since = filter.since ?? new Date(0);
  const active = await sql<{ count: number }>`
    select sum(n)::int as count from (
      select count(*) as n from timers where status = 'scheduled' and ${where}
      union all select count(*) from timers where status = 'firing' and ${where}) counted`.execute(db);
  const ended = await sql<Row>`
    select ${columnsOf(since)} from timers
    where (fired_at is not null or cancelled_at is not null) and ${ENDED_AT} >= ${since} and ${where}`.execute(
    db,
  );
  const [row] = ended.rows;
  if (!row) throw new Error('an aggregate always has a row');
  return { ...row, active: Number(active.rows[0]?.count ?? 0) };
}
