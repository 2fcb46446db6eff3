import { sql } from 'kysely';
import type { Db } from './database.js';

/** A part of a table that an organisation's own statements may see: never what was said, nor a secret. */
export interface VisibleTable {
  name: string;
  /** Their types, by name. */
  columns: Record<string, string>;
  /** Those that are not read as they stand. */
  expressions?: Record<string, string>;
  /** The column by which the newest rows are the last. */
  order: string;
}

/** So many rows of a table are seen, the newest. */
export const MOST_ROWS = 20_000;

/** `a b:bigint c:jsonb`: text where no type is given. */
function columnsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(' ').map((column) => {
      const [name = '', type = 'text'] = column.split(':');
      return [name, type];
    }),
  );
}

const table = (
  name: string,
  columns: string,
  order: string,
  expressions: Record<string, string> = {},
): VisibleTable => ({ name, columns: columnsOf(columns), order, expressions });

const COST = { cost_usd: 'cost_nanos / 1000000000.0' };
/** What is larger than a note is nothing to be counted by. */
const SMALL_DATA = { data: 'case when octet_length(data::text) <= 2000 then data end' };

export const VISIBLE_TABLES: readonly VisibleTable[] = [
  table(
    'tasks',
    'id agent_id agent_name agent_type method priority:integer status user_id session_id timeout_ms:bigint parent_id depth:integer error_category model input_tokens:bigint output_tokens:bigint cost_usd:numeric created_at:timestamptz started_at:timestamptz completed_at:timestamptz',
    'created_at',
    COST,
  ),
  table(
    'model_calls',
    'id task_id agent_id status provider model input_tokens:bigint output_tokens:bigint cost_usd:numeric attempts:integer error_category started_at:timestamptz duration_ms:integer',
    'started_at',
    COST,
  ),
  table(
    'tool_calls',
    'id task_id agent_id name status child_id decided_by created_at:timestamptz started_at:timestamptz duration_ms:integer',
    'created_at',
  ),
  table(
    'timers',
    'id tenant_id name status fire_at:timestamptz occurrence:integer fired_at:timestamptz lateness_ms:integer cancelled_at:timestamptz created_at:timestamptz',
    'created_at',
  ),
  table(
    'deliveries',
    'id timer_id subscription_id channel receiver status attempt_count:integer last_status_code:integer created_at:timestamptz ended_at:timestamptz',
    'created_at',
  ),
  table('events', 'id:bigint type subject data:jsonb at:timestamptz', 'id', SMALL_DATA),
  table(
    'agents',
    'id name type description model tools:jsonb lifecycle is_suspended:boolean connection last_heartbeat_at:timestamptz created_at:timestamptz',
    'created_at',
  ),
  table(
    'listings',
    'id title description category price_cents:bigint currency status seller_id created_at:timestamptz',
    'created_at',
    { description: 'left(description, 500)' },
  ),
  table('sales', 'id listing_id category price_cents:bigint sold_at:timestamptz', 'sold_at'),
  table('user_activities', 'id user_id kind data:jsonb at:timestamptz', 'at', SMALL_DATA),
  table('collections', 'id name description created_at:timestamptz updated_at:timestamptz', 'created_at', {
    description: 'left(description, 500)',
  }),
  table('collection_items', 'collection_id item_id position:integer note added_at:timestamptz', 'added_at', {
    note: 'left(note, 500)',
  }),
  table(
    'notifications',
    'id user_id title body level created_at:timestamptz read_at:timestamptz',
    'created_at',
    { body: 'left(body, 500)' },
  ),
  table(
    'schedules',
    'id agent_id name cron interval_ms:bigint timezone method priority:integer is_enabled:boolean created_at:timestamptz',
    'created_at',
  ),
];

/** A table as one organisation sees it. */
export interface TableCopy {
  /** A JSON array of objects. */
  rows: string;
  count: number;
  /** Older rows were left out. */
  isCut: boolean;
}

/** Copies the newest rows of an organisation. */
export async function copyTable(
  db: Db,
  orgId: string,
  { name, columns, expressions = {}, order }: VisibleTable,
): Promise<TableCopy> {
  const selected = Object.keys(columns).map((column) => {
    const expression = expressions[column];
    return expression === undefined ? sql.ref(column) : sql`${sql.raw(expression)} as ${sql.ref(column)}`;
  });
  const { rows } = await sql<{ rows: string; count: number; all: number }>`
    select coalesce(json_agg(newest)::text, '[]') as rows, count(*)::int as count, (
      select count(*)::int from (
        select from ${sql.table(name)} where org_id = ${orgId} limit ${MOST_ROWS + 1}) as counted) as all
    from (
      select ${sql.join(selected)} from ${sql.table(name)} where org_id = ${orgId}
      order by ${sql.ref(order)} desc limit ${MOST_ROWS}) as newest`.execute(db);
  const [copy] = rows;
  return { rows: copy?.rows ?? '[]', count: copy?.count ?? 0, isCut: (copy?.all ?? 0) > MOST_ROWS };
}
