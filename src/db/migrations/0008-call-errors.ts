import { type Kysely, sql } from 'kysely';

/** Whose fault a failed call of a tool was. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table tool_calls add column error_category text`.execute(db);
}
