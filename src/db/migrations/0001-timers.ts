import { type Kysely, sql } from 'kysely';

/**
 * Organisations, keys, timers, deliveries, events. `json` and not `jsonb` wherever a body is kept: the order of
 * its keys belongs to the caller. No moment is finer than a millisecond: answers and cursors carry no more, and a row
 * between two of them would be lost at the border of two pages.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

/** Cut off where the column would round, into the future. */
const NOW = `date_trunc('milliseconds', now())`;

const STATEMENTS = [
  `create table orgs (
    id text primary key,
    name text not null,
    tier text not null,
    credential_version integer not null default 1,
    webhook_secret text not null,
    previous_webhook_secret text,
    previous_secret_until timestamptz(3),
    created_at timestamptz(3) not null default ${NOW}
  )`,
  `create table api_keys (
    id text primary key,
    org_id text not null references orgs (id),
    name text not null,
    prefix text not null,
    digest text not null unique,
    tier text not null,
    tenants json,
    created_at timestamptz(3) not null default ${NOW},
    revoked_at timestamptz(3)
  )`,
  `create index api_keys_org on api_keys (org_id, created_at)`,
  `create table timers (
    org_id text not null,
    id text not null,
    tenant_id text not null,
    requested_by text not null,
    name text not null,
    status text not null check (status in ('scheduled', 'firing', 'fired', 'cancelled', 'failed')),
    duration_ms bigint not null,
    fire_at timestamptz(3) not null,
    window_at timestamptz(3) not null,
    metadata json not null,
    labels json not null,
    action_bundle json,
    every_ms bigint,
    repeat_count integer,
    repeat_until timestamptz(3),
    first_fire_at timestamptz(3) not null,
    occurrence integer not null default 1,
    epoch bigint,
    fired_at timestamptz(3),
    lateness_ms integer,
    cancelled_at timestamptz(3),
    cancel_reason text,
    cancelled_by text,
    created_at timestamptz(3) not null,
    primary key (org_id, id)
  )`,
  `create index timers_due on timers (window_at, org_id, fire_at) where status = 'scheduled'`,
  `create index timers_firing on timers (window_at, org_id) where status = 'firing'`,
  `create index timers_listed on timers (org_id, created_at, id)`,
  `create index timers_ended on timers (org_id, (greatest(fired_at, cancelled_at)))
    where fired_at is not null or cancelled_at is not null`,
  `create table windows (
    org_id text not null,
    starts_at timestamptz(3) not null,
    epoch bigint not null,
    primary key (org_id, starts_at)
  )`,
  `create table deliveries (
    org_id text not null,
    id text not null,
    timer_id text,
    subscription_id text,
    channel text not null,
    receiver text not null,
    request json not null,
    body text not null,
    policy json not null,
    escalation json,
    occurrence integer,
    due_at timestamptz(3),
    fired_at timestamptz(3),
    status text not null check (status in ('sending', 'pending', 'delivered', 'dead')),
    window_at timestamptz(3),
    epoch bigint,
    attempts json not null default '[]',
    attempt_count integer not null default 0,
    attempts_before integer not null default 0,
    last_status_code integer,
    last_error text,
    next_attempt_at timestamptz(3),
    created_at timestamptz(3) not null default ${NOW},
    ended_at timestamptz(3),
    primary key (org_id, id)
  )`,
  `create index deliveries_sending on deliveries (window_at, org_id) where status = 'sending'`,
  `create index deliveries_retried on deliveries (org_id, receiver, next_attempt_at) where status = 'pending'`,
  `create index deliveries_timer on deliveries (org_id, timer_id, created_at, id)`,
  `create index deliveries_listed on deliveries (org_id, created_at, id)`,
  `create table endpoints (
    org_id text not null,
    receiver text not null,
    state text not null check (state in ('closed', 'open', 'off')),
    failures integer not null default 0,
    failing_since timestamptz(3),
    opened_until timestamptz(3),
    primary key (org_id, receiver)
  )`,
  `create table events (
    id bigint generated always as identity primary key,
    tx xid8 not null default pg_current_xact_id(),
    org_id text not null,
    type text not null,
    subject text not null,
    data json not null,
    at timestamptz(3) not null default ${NOW}
  )`,
  `create index events_read on events (org_id, tx, id)`,
  `create table subscriptions (
    id text primary key,
    org_id text not null references orgs (id),
    url text not null,
    receiver text not null,
    types json not null,
    created_at timestamptz(3) not null default ${NOW}
  )`,
  `create index subscriptions_org on subscriptions (org_id)`,
  `create table idempotency_keys (
    org_id text not null,
    route text not null,
    key text not null,
    fingerprint text not null,
    seed uuid not null,
    leased_until timestamptz(3) not null,
    status integer,
    answer json,
    created_at timestamptz(3) not null default ${NOW},
    primary key (org_id, route, key)
  )`,
  `create index idempotency_keys_age on idempotency_keys (created_at)`,
];
