import { type Kysely, sql } from 'kysely';

/** Schedules of people and of the declared file beside those of tools; tasks know which one started them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

/** Cut off where the column would round, into the future. */
const NOW = `date_trunc('milliseconds', now())`;

const STATEMENTS = [
  `alter table schedules
    alter column cron drop not null,
    add column interval_ms bigint check (interval_ms >= 1000),
    add column priority integer not null default 7 check (priority in (1, 3, 5, 7, 9)),
    add column delivery json not null default '[]',
    add column metadata json not null default '{}',
    add column timeout_ms bigint,
    add column overlap text not null default 'skip',
    add column jitter_ms bigint not null default 0,
    add column catchup_window_ms bigint not null default 3600000,
    add column ends_at timestamptz(3),
    add column is_enabled boolean not null default true,
    add column is_declared boolean not null default false,
    add column revision bigint not null default 1,
    add column applied_revision bigint not null default 0,
    add column updated_at timestamptz(3) not null default ${NOW},
    add constraint schedules_cycle check ((cron is null) <> (interval_ms is null))`,
  // Temporal has what stands in them.
  `update schedules set applied_revision = revision, updated_at = created_at`,
  // What Temporal does not have yet: a few at any time.
  `create index schedules_unapplied on schedules (updated_at) where applied_revision <> revision`,
  `alter table tasks add column schedule_id text`,
  `update tasks set schedule_id = metadata ->> 'scheduleId'
    where starts_with(id, (metadata ->> 'scheduleId') || '-')`,
  `create index tasks_schedule on tasks (org_id, schedule_id, created_at, id) where schedule_id is not null`,
  `alter table agents add column is_declared boolean not null default false`,
];
