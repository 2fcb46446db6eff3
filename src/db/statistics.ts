import { type RawBuilder, sql } from 'kysely';
import type { Db } from './database.js';

/** A part of a period, and where the buckets of the period begin. */
export interface StatisticsSlice {
  orgId: string;
  from: Date;
  /** Not part of it. */
  to: Date;
  bucketMs: number;
  origin: Date;
}

const read = async <Row>(db: Db, query: RawBuilder<Row>): Promise<Row[]> => (await query.execute(db)).rows;

const bucketOf = ({ bucketMs, origin }: StatisticsSlice, column: string) =>
  sql`date_bin(make_interval(secs => ${bucketMs / 1_000}::float8), ${sql.ref(column)}, ${origin}::timestamptz)`;

const isWithin = ({ from, to }: StatisticsSlice, column: string) =>
  sql<boolean>`${sql.ref(column)} >= ${from} and ${sql.ref(column)} < ${to}`;

/** As many timers fired in a bucket as late as that. */
export interface FiredRow {
  bucket: Date;
  isFailed: boolean;
  latenessMs: number;
  count: number;
}

/** So finely lateness is told apart: beyond 1 s the rows would be as many as the timers. */
const LATENESS = sql`lateness_ms - lateness_ms % case
  when lateness_ms < 1000 then 1 when lateness_ms < 10000 then 100 when lateness_ms < 100000 then 1000
  when lateness_ms < 1000000 then 10000 else 100000 end`;

/** Timers that ended in a slice, by when they fired: that may be in an earlier bucket, for one cancelled since. */
export const firedIn = (db: Db, slice: StatisticsSlice): Promise<FiredRow[]> =>
  read(
    db,
    sql<FiredRow>`
      select ${bucketOf(slice, 'fired_at')} as bucket, status = 'failed' as "isFailed",
        ${LATENESS} as "latenessMs", count(*)::int as count
      from timers
      where org_id = ${slice.orgId} and (fired_at is not null or cancelled_at is not null)
        and greatest(fired_at, cancelled_at) >= ${slice.from} and greatest(fired_at, cancelled_at) < ${slice.to}
        and fired_at >= ${slice.origin}
      group by 1, 2, 3`,
  );

export interface DeliveredRow {
  bucket: Date;
  delivered: number;
  dead: number;
}

export const deliveredIn = (db: Db, slice: StatisticsSlice): Promise<DeliveredRow[]> =>
  read(
    db,
    sql<DeliveredRow>`
      select ${bucketOf(slice, 'created_at')} as bucket,
        count(*) filter (where status = 'delivered')::int as delivered,
        count(*) filter (where status = 'dead')::int as dead
      from deliveries where org_id = ${slice.orgId} and ${isWithin(slice, 'created_at')}
      group by 1`,
  );

export interface EndedTaskRow {
  bucket: Date;
  completed: number;
  failed: number;
}

export const tasksIn = (db: Db, slice: StatisticsSlice): Promise<EndedTaskRow[]> =>
  read(
    db,
    sql<EndedTaskRow>`
      select ${bucketOf(slice, 'created_at')} as bucket,
        count(*) filter (where status = 'completed')::int as completed,
        count(*) filter (where status in ('failed', 'timed_out'))::int as failed
      from tasks where org_id = ${slice.orgId} and ${isWithin(slice, 'created_at')}
      group by 1`,
  );

export interface HandledMailRow {
  bucket: Date;
  processed: number;
  dead: number;
}

/** Agent by agent, as the index of receipts has them: the planner would read all receipts of the organisation. */
export const mailIn = (db: Db, slice: StatisticsSlice): Promise<HandledMailRow[]> =>
  read(
    db,
    sql<HandledMailRow>`
      select bucket, sum(processed)::int as processed, sum(dead)::int as dead
      from agents, lateral (
        select ${bucketOf(slice, 'queued_at')} as bucket,
          count(*) filter (where status = 'processed') as processed,
          count(*) filter (where status in ('failed', 'dead')) as dead
        from receipts where agent_id = agents.id and ${isWithin(slice, 'queued_at')}
        group by 1) as mail
      where agents.org_id = ${slice.orgId}
      group by 1`,
  );

export interface SpentRow {
  bucket: Date;
  tokens: number;
  /** In 10⁻⁹ US dollars; null as soon as one price was not known. */
  nanos: number | null;
}

export const spentIn = (db: Db, slice: StatisticsSlice): Promise<SpentRow[]> =>
  read(
    db,
    sql<SpentRow>`
      select ${bucketOf(slice, 'started_at')} as bucket,
        sum(input_tokens + output_tokens)::float8 as tokens,
        case when count(*) = count(cost_nanos) then sum(cost_nanos)::float8 end as nanos
      from model_calls where org_id = ${slice.orgId} and ${isWithin(slice, 'started_at')}
      group by 1`,
  );
