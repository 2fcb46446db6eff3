import { type Kysely, sql } from 'kysely';

/** Tasks say where their results go, and when they start. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `alter table tasks add column delivery json not null default '[]', add column scheduled_at timestamptz(3)`,
  `alter table deliveries add column task_id text`,
  `create index deliveries_task on deliveries (org_id, task_id, created_at, id) where task_id is not null`,
];
