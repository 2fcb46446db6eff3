import { type Kysely, sql } from 'kysely';

/** Messages, what became of each at every agent that it is for, brokers outside, and how agents are run. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

/** Cut off where the column would round, into the future. */
const NOW = `date_trunc('milliseconds', now())`;

const STATEMENTS = [
  `alter table agents
    add column topics json not null default '[]',
    add column handler json,
    add column concurrency integer not null default 1,
    add column busy_policy text not null default 'queue' check (busy_policy in ('queue', 'reject', 'interrupt')),
    add column max_deliveries integer not null default 5,
    add column brokers json not null default '[]',
    add column image text,
    add column resources json,
    add column restart_policy text not null default 'on-failure',
    add column health_url text,
    add column health_interval_ms bigint not null default 30000,
    add column container json,
    add column health json`,
  // Their order is that of (tx, seq), which readers may page through while others write: see the ledger of events.
  `create table messages (
    org_id text not null references orgs (id),
    id text not null,
    seq bigserial not null,
    tx xid8 not null default pg_current_xact_id(),
    topic text,
    sender text not null,
    sender_agent_id text,
    type text not null,
    payload json not null,
    sent_at bigint not null,
    reply_to text,
    in_reply_to text,
    is_published boolean not null,
    fingerprint text,
    expires_at timestamptz(3),
    created_at timestamptz(3) not null default ${NOW},
    primary key (org_id, id)
  )`,
  `create index messages_of_topic on messages (org_id, topic, tx, seq) where is_published`,
  // Where a cursor stands.
  `create index messages_seq on messages (org_id, seq)`,
  `create index messages_created on messages (created_at)`,
  `create table receipts (
    org_id text not null,
    message_id text not null,
    agent_id text not null references agents (id) on delete cascade,
    seq bigserial not null,
    status text not null default 'queued'
      check (status in ('queued', 'delivered', 'processed', 'failed', 'dead')),
    deliveries integer not null default 0,
    deliveries_before integer not null default 0,
    lease_id text,
    leased_until timestamptz(3),
    available_at timestamptz(3) not null default ${NOW},
    expires_at timestamptz(3),
    error text,
    reply json,
    reply_id text,
    task_id text,
    queued_at timestamptz(3) not null default ${NOW},
    delivered_at timestamptz(3),
    ended_at timestamptz(3),
    primary key (org_id, message_id, agent_id),
    foreign key (org_id, message_id) references messages (org_id, id) on delete cascade
  ) with (fillfactor = 70)`,
  // What waits or is out, in its order.
  `create index receipts_open on receipts (agent_id, seq) where status in ('queued', 'delivered')`,
  `create index receipts_delivered on receipts (agent_id, seq) where status = 'delivered'`,
  `create index receipts_leased on receipts (leased_until) where leased_until is not null`,
  `create index receipts_listed on receipts (agent_id, queued_at, seq)`,
  `create index receipts_lease on receipts (lease_id) where lease_id is not null`,
  `create index receipts_expiring on receipts (expires_at)
    where expires_at is not null and status in ('queued', 'delivered')`,
  // Which of an agent's tasks have not ended, and what each of them handles.
  `create index tasks_open on tasks (agent_id) where overdue_at is not null`,
  `create index receipts_task on receipts (task_id) where task_id is not null`,
  `create table brokers (
    id text primary key,
    org_id text not null references orgs (id),
    name text not null,
    kind text not null check (kind in ('amqp', 'nats')),
    endpoints text not null,
    config json not null,
    status text not null default 'connecting' check (status in ('connecting', 'connected', 'unreachable')),
    error text,
    created_at timestamptz(3) not null default ${NOW},
    updated_at timestamptz(3) not null default ${NOW},
    unique (org_id, name)
  )`,
  // An agent's queue at a broker. One that is no longer wanted is emptied before it is taken away, and outlives its agent.
  `create table broker_bindings (
    org_id text not null,
    broker_id text not null references brokers (id) on delete cascade,
    agent_id text not null,
    topics json not null,
    bound json not null default '[]',
    is_draining boolean not null default false,
    primary key (broker_id, agent_id)
  )`,
  `create index broker_bindings_of_agent on broker_bindings (agent_id)`,
  // How far an organisation's events have been carried elsewhere: the cursor of the last one.
  `create table event_feeds (
    org_id text not null references orgs (id),
    name text not null,
    cursor text not null,
    primary key (org_id, name)
  )`,
];
