import { type Kysely, sql } from 'kysely';

/** Agents, their sessions, tools and instructions. What may hold secrets is sealed JSON in a text column. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

/** Cut off where the column would round, into the future. */
const NOW = `date_trunc('milliseconds', now())`;
const MOMENTS = `
    created_at timestamptz(3) not null default ${NOW},
    updated_at timestamptz(3) not null default ${NOW}`;

/**
 * Of a page, in per cent. Heartbeats rewrite rows of agents, sessions and usage all the time: a page with room for the
 * new versions of its rows is used again and again, as long as no index is on a column that heartbeats change. With
 * 2,000 agents that were heard of every second for a minute 3.2 MB became 4.0; of full pages 1.6 MB became 104.
 */
const HALF_FULL = 50;

const STATEMENTS = [
  `create table agents (
    id text primary key,
    org_id text not null references orgs (id),
    name text not null,
    type text,
    description text,
    instruction json,
    tools json not null,
    settings text not null,
    environment text not null,
    model text,
    interval_ms bigint not null,
    missed_after integer not null,
    on_missed json not null,
    deadline_changed_at timestamptz(3),
    deadline_before_ms bigint,
    lifecycle text not null default 'created' check (lifecycle in ('created', 'running', 'paused', 'stopped')),
    is_suspended boolean not null default false,
    connection text not null default 'offline' check (connection in ('online', 'busy', 'idle', 'offline')),
    session_id text,
    context text,
    last_heartbeat_at timestamptz(3),
    metrics json,
    config_version integer not null default 1,
    revision integer not null default 1,
    secret_digest text,
    previous_secret_digest text,
    previous_until timestamptz(3),
    credential_version integer not null default 1,
    ${MOMENTS},
    unique (org_id, name)
  ) with (fillfactor = ${HALF_FULL})`,
  `create index agents_listed on agents (org_id, created_at, id)`,
  `create table agent_sessions (
    id text primary key,
    org_id text not null,
    agent_id text not null references agents (id) on delete cascade,
    context text,
    interval_ms bigint not null,
    connected_at timestamptz(3) not null,
    last_heartbeat_at timestamptz(3),
    heartbeats integer not null default 0,
    ended_at timestamptz(3),
    end_reason text
  ) with (fillfactor = ${HALF_FULL})`,
  `create index agent_sessions_listed on agent_sessions (agent_id, connected_at, id)`,
  `create index agent_sessions_open on agent_sessions (agent_id) where ended_at is null`,
  `create table agent_usage (
    org_id text not null,
    agent_id text not null references agents (id) on delete cascade,
    hour timestamptz(3) not null,
    kind text not null check (kind in ('tool', 'variant')),
    subject text not null,
    variant text not null default '',
    succeeded integer not null default 0,
    failed integer not null default 0,
    primary key (agent_id, hour, kind, subject, variant)
  ) with (fillfactor = ${HALF_FULL})`,
  `create index agent_usage_variants on agent_usage (subject) where kind = 'variant'`,
  `create table tools (
    id text primary key,
    org_id text not null references orgs (id),
    name text not null,
    version text not null,
    description text not null,
    category text,
    schema json not null,
    status text not null check (status in ('active', 'inactive')),
    kind text not null check (kind in ('builtin', 'http', 'mcp')),
    config text not null,
    requires_approval boolean not null,
    revision integer not null default 1,
    ${MOMENTS},
    unique (org_id, name)
  )`,
  `create index tools_listed on tools (org_id, created_at, id)`,
  `create table instructions (
    id text primary key,
    org_id text not null references orgs (id),
    name text not null,
    layer text not null check (layer in ('organisation', 'agent', 'context')),
    agent_id text references agents (id) on delete cascade,
    context text,
    system_prompt text not null,
    guidelines json not null,
    variants json not null,
    status text not null check (status in ('active', 'inactive')),
    revision integer not null default 1,
    ${MOMENTS}
  )`,
  `create index instructions_listed on instructions (org_id, created_at, id)`,
  `create index instructions_agent on instructions (agent_id) where agent_id is not null`,
  `create table instruction_assignments (
    org_id text not null,
    instruction_id text not null references instructions (id) on delete cascade,
    agent_id text not null references agents (id) on delete cascade,
    variant text not null,
    primary key (instruction_id, agent_id)
  )`,
  `create index instruction_assignments_agent on instruction_assignments (agent_id)`,
  // Since when heartbeats can reach the database without a gap: nobody is silent before a deadline after that.
  `create table heartbeat_path (
    is_only boolean primary key default true check (is_only),
    pulse_at timestamptz(3) not null,
    restored_at timestamptz(3) not null
  )`,
  `insert into heartbeat_path (pulse_at, restored_at) values (${NOW}, ${NOW})`,
  // As `readEvents` asks: the planner does not know that a pattern says the same.
  `create index events_agents on events (org_id, subject, tx, id) where starts_with(type, 'agent.')`,
];
