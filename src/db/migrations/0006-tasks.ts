import { type Kysely, sql } from 'kysely';

/** Tasks and what they are made of, what agents remember and count, and what the tools that come along work on. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

/** Cut off where the column would round, into the future. */
const NOW = `date_trunc('milliseconds', now())`;
const CREATED = `created_at timestamptz(3) not null default ${NOW}`;

const STATEMENTS = [
  `alter table agents add column limits json not null default '{}', add column definition text`,
  `create table tasks (
    id text not null,
    org_id text not null references orgs (id),
    agent_id text not null,
    agent_name text not null,
    agent_type text,
    method text,
    prompt text,
    input json not null,
    priority integer not null check (priority in (1, 3, 5, 7, 9)),
    status text not null check (status in
      ('queued', 'scheduled', 'running', 'awaiting_approval', 'completed', 'failed', 'cancelled', 'timed_out')),
    user_id text,
    session_id text,
    metadata json not null,
    timeout_ms bigint not null,
    parent_id text,
    root_id text not null,
    depth integer not null default 0,
    fingerprint text,
    output json,
    error_category text,
    error_message text,
    model text,
    input_tokens bigint not null default 0,
    output_tokens bigint not null default 0,
    cost_nanos bigint default 0,
    ${CREATED},
    started_at timestamptz(3),
    completed_at timestamptz(3),
    overdue_at timestamptz(3),
    rearmed integer not null default 0,
    primary key (org_id, id)
  )`,
  `create index tasks_listed on tasks (org_id, created_at, id)`,
  `create index tasks_agent on tasks (org_id, agent_id, created_at, id)`,
  `create index tasks_root on tasks (org_id, root_id) where parent_id is not null`,
  `create index tasks_overdue on tasks (overdue_at) where overdue_at is not null`,
  `create table task_messages (
    org_id text not null,
    task_id text not null,
    position integer not null,
    message json not null,
    primary key (org_id, task_id, position),
    foreign key (org_id, task_id) references tasks (org_id, id) on delete cascade
  )`,
  `create table task_stages (
    org_id text not null,
    task_id text not null,
    stage text not null,
    output json,
    completed_at timestamptz(3) not null default ${NOW},
    primary key (org_id, task_id, stage),
    foreign key (org_id, task_id) references tasks (org_id, id) on delete cascade
  )`,
  `create table model_calls (
    id text not null,
    org_id text not null,
    task_id text not null,
    root_id text not null,
    agent_id text not null,
    place text not null,
    status text not null check (status in ('requested', 'running', 'completed', 'failed')),
    request json,
    answer json,
    provider text,
    model text,
    input_tokens bigint not null default 0,
    output_tokens bigint not null default 0,
    cost_nanos bigint default 0,
    reserved_tokens bigint not null default 0,
    reserved_nanos bigint not null default 0,
    attempts integer not null default 0,
    error_category text,
    error_message text,
    started_at timestamptz(3) not null default ${NOW},
    duration_ms integer,
    primary key (org_id, id),
    foreign key (org_id, task_id) references tasks (org_id, id) on delete cascade
  )`,
  `create index model_calls_task on model_calls (org_id, task_id)`,
  `create index model_calls_root on model_calls (org_id, root_id)`,
  `create index model_calls_agent on model_calls (org_id, agent_id, started_at)`,
  `create index model_calls_day on model_calls (org_id, started_at)`,
  `create table tool_calls (
    id text not null,
    org_id text not null,
    task_id text not null,
    agent_id text not null,
    place text not null,
    model_call_ref text,
    name text not null,
    arguments json not null,
    status text not null check (status in
      ('requested', 'awaiting_approval', 'approved', 'rejected', 'running', 'completed', 'failed', 'refused')),
    result json,
    error text,
    child_id text,
    approval_deadline timestamptz(3),
    decided_by text,
    decision_reason text,
    ${CREATED},
    started_at timestamptz(3),
    duration_ms integer,
    primary key (org_id, id),
    foreign key (org_id, task_id) references tasks (org_id, id) on delete cascade
  )`,
  `create index tool_calls_task on tool_calls (org_id, task_id)`,
  `create index tool_calls_day on tool_calls (org_id, created_at)`,
  `create table agent_metrics (
    agent_id text not null references agents (id) on delete cascade,
    org_id text not null,
    hour timestamptz(3) not null,
    name text not null,
    total double precision not null,
    primary key (agent_id, hour, name)
  )`,
  `create table agent_memories (
    agent_id text not null references agents (id) on delete cascade,
    org_id text not null,
    session_id text not null default '',
    key text not null,
    value json not null,
    ${CREATED},
    updated_at timestamptz(3) not null default ${NOW},
    primary key (agent_id, session_id, key)
  )`,
  `create index agent_memories_listed on agent_memories (agent_id, created_at, md5(session_id || ' ' || key))`,
  `create table schedules (
    id text primary key,
    org_id text not null references orgs (id),
    agent_id text not null references agents (id) on delete cascade,
    name text not null,
    cron text not null,
    timezone text not null,
    method text,
    prompt text,
    input json not null,
    created_by text,
    ${CREATED}
  )`,
  `create index schedules_listed on schedules (org_id, created_at, id)`,
  `create index schedules_agent on schedules (agent_id)`,
  `create table listings (
    id text primary key,
    org_id text not null references orgs (id),
    title text not null,
    description text not null,
    category text not null,
    price_cents bigint not null check (price_cents >= 0),
    currency text not null default 'USD',
    status text not null check (status in ('active', 'sold', 'withdrawn')),
    seller_id text not null,
    ${CREATED}
  )`,
  `create index listings_category on listings (org_id, category, created_at, id)`,
  `create index listings_listed on listings (org_id, created_at, id)`,
  `create table sales (
    id text primary key,
    org_id text not null references orgs (id),
    listing_id text,
    category text not null,
    price_cents bigint not null check (price_cents >= 0),
    sold_at timestamptz(3) not null
  )`,
  `create index sales_category on sales (org_id, category, sold_at)`,
  `create table user_activities (
    id text primary key,
    org_id text not null references orgs (id),
    user_id text not null,
    kind text not null,
    data json not null,
    at timestamptz(3) not null
  )`,
  `create index user_activities_user on user_activities (org_id, user_id, at)`,
  `create index user_activities_day on user_activities (org_id, at)`,
  `create table collections (
    id text primary key,
    org_id text not null references orgs (id),
    name text not null,
    description text not null,
    ${CREATED},
    updated_at timestamptz(3) not null default ${NOW},
    unique (org_id, name)
  )`,
  `create table collection_items (
    collection_id text not null references collections (id) on delete cascade,
    org_id text not null,
    item_id text not null,
    position integer not null,
    note text,
    added_at timestamptz(3) not null default ${NOW},
    primary key (collection_id, item_id)
  )`,
  `create table notifications (
    id text primary key,
    org_id text not null references orgs (id),
    user_id text not null,
    title text not null,
    body text not null,
    level text not null check (level in ('info', 'warning', 'critical')),
    created_by text,
    ${CREATED},
    read_at timestamptz(3)
  )`,
  `create index notifications_user on notifications (org_id, user_id, created_at, id)`,
  // As `readEvents` asks: the planner does not know that a pattern says the same.
  `create index events_tasks on events (org_id, subject, tx, id) where starts_with(type, 'task.')`,
];
