import { type Kysely, sql } from 'kysely';

/** A table as it is in the long run. */
export interface Statistics {
  rows: number;
  /** Of 8 kB. */
  pages: number;
  /** How many values a column has: as a count, or (negative) as a share of the rows, as in pg_stats.n_distinct. */
  distinct: Record<string, number>;
}

/**
 * Tells the planner what tables will be like. The embedded database never analyses by itself; a server's own analysis
 * replaces this. PostgreSQL before 18 cannot be told.
 */
export async function plantStatistics(
  db: Kysely<unknown>,
  tables: Record<string, Statistics>,
): Promise<void> {
  const { rows: known } = await sql`select from pg_proc where proname = 'pg_restore_attribute_stats'`.execute(
    db,
  );
  if (known.length === 0) return;
  for (const [table, { rows, pages, distinct }] of Object.entries(tables)) {
    await sql`select pg_restore_relation_stats('schemaname', current_schema()::text, 'relname', ${table}::text,
      'relpages', ${pages}::int, 'reltuples', ${rows}::real)`.execute(db);
    for (const [column, values] of Object.entries(distinct)) {
      await sql`select pg_restore_attribute_stats('schemaname', current_schema()::text, 'relname', ${table}::text,
        'attname', ${column}::text, 'inherited', false, 'null_frac', 0::real, 'avg_width', 20::int,
        'n_distinct', ${values}::real)`.execute(db);
    }
  }
}
