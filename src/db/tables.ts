import type { Generated } from 'kysely';
import type { Action, RetryPolicy } from '../schemas/action.js';
import type { Connection, InstructionText, Lifecycle, Limits, SessionEnd } from '../schemas/agent.js';
import type { Tier } from '../schemas/api-key.js';
import type { Attempt, Channel } from '../schemas/delivery.js';
import type { EventType } from '../schemas/event.js';
import type { InstructionLayer, Variant } from '../schemas/instruction.js';
import type { TimerStatus } from '../schemas/timer.js';
import type { Tool, ToolRequest } from '../schemas/tool.js';
import type { Json } from './json-column.js';
import type {
  AgentMemoryTable,
  AgentMetricTable,
  ModelCallTable,
  ModelSpendingTable,
  ScheduleTable,
  TaskMessageTable,
  TaskStageTable,
  TaskTable,
  ToolCallTable,
} from './tables-of-tasks.js';
import type {
  CollectionItemTable,
  CollectionTable,
  ListingTable,
  NotificationTable,
  SaleTable,
  UserActivityTable,
} from './tables-of-tools.js';

export interface OrgTable {
  id: string;
  name: string;
  tier: Tier;
  /** Admin tokens that carry an older version are refused. */
  credential_version: Generated<number>;
  /** Sealed `whsec_…` that signs webhooks. */
  webhook_secret: string;
  /** The one before, which signs as well until `previous_secret_until`. */
  previous_webhook_secret: string | null;
  previous_secret_until: Date | null;
  created_at: Generated<Date>;
}

export interface ApiKeyTable {
  id: string;
  org_id: string;
  name: string;
  prefix: string;
  /** Keyed digest of the key: HMAC-SHA-256 in hex. */
  digest: string;
  tier: Tier;
  tenants: Json<string[] | null>;
  created_at: Generated<Date>;
  revoked_at: Date | null;
}

/** An action as it is stored: secrets in it are sealed. */
export type StoredAction = Action;
export interface StoredBundle {
  actions: StoredAction[];
  concurrency?: number | undefined;
  retryPolicy?: RetryPolicy | undefined;
}

export interface TimerTable {
  org_id: string;
  id: string;
  tenant_id: string;
  requested_by: string;
  name: string;
  status: TimerStatus;
  duration_ms: number;
  fire_at: Date;
  /** Start of the due window that `fire_at` lies in. */
  window_at: Date;
  metadata: Json<Record<string, unknown>>;
  labels: Json<Record<string, string>>;
  action_bundle: Json<StoredBundle | null>;
  /** Of a repeating timer: the step, the limits, the moment of the first occurrence. */
  every_ms: number | null;
  repeat_count: number | null;
  repeat_until: Date | null;
  first_fire_at: Date;
  /** The occurrence that is due next, from 1. */
  occurrence: number;
  /** The arming that claimed it. */
  epoch: number | null;
  fired_at: Date | null;
  /** First attempt started − due, of the latest occurrence. */
  lateness_ms: number | null;
  cancelled_at: Date | null;
  cancel_reason: string | null;
  cancelled_by: string | null;
  created_at: Date;
}

/** One organisation's due window; its epoch is the fence between two workers that believe they own it. */
export interface WindowTable {
  org_id: string;
  starts_at: Date;
  epoch: number;
}

/** `sending` belongs to the arming with that epoch; `pending` to the receiver's endpoint workflow. */
export type StoredDeliveryStatus = 'sending' | 'pending' | 'delivered' | 'dead';

/** Where a delivery goes, frozen with it. Header values, and a URL with credentials in it, are sealed. */
export interface StoredRequest {
  method?: string;
  url?: string;
  headers?: Record<string, string>;
  workflowId?: string;
  signal?: string;
}

export interface StoredEscalation {
  afterAttempts: number;
  action: StoredAction;
}

export interface DeliveryTable {
  org_id: string;
  id: string;
  timer_id: string | null;
  subscription_id: string | null;
  channel: Channel;
  /** Scheme, host and port, or the channel's name where it calls nobody outside. */
  receiver: string;
  request: Json<StoredRequest>;
  /** The very bytes that every attempt sends. */
  body: string;
  policy: Json<RetryPolicy>;
  escalation: Json<StoredEscalation | null>;
  /** Of the timer's firing that it belongs to: which one it was, when it was due, when it was made. */
  occurrence: number | null;
  due_at: Date | null;
  fired_at: Date | null;
  status: StoredDeliveryStatus;
  window_at: Date | null;
  epoch: number | null;
  attempts: Json<Attempt[]>;
  attempt_count: Generated<number>;
  /** Attempts that were made before it was last sent anew: they do not count against its policy. */
  attempts_before: Generated<number>;
  last_status_code: number | null;
  last_error: string | null;
  next_attempt_at: Date | null;
  created_at: Generated<Date>;
  ended_at: Date | null;
}

export type CircuitState = 'closed' | 'open' | 'off';

/** What is known of a receiver that failed. No row: it never did. */
export interface EndpointTable {
  org_id: string;
  receiver: string;
  state: CircuitState;
  /** Failures in a row. */
  failures: number;
  failing_since: Date | null;
  /** When an open circuit lets the next probe through. */
  opened_until: Date | null;
}

export interface EventTable {
  id: Generated<number>;
  /** Serial ids commit out of order; with the transaction id a reader knows below what everything is seen. */
  tx: Generated<string>;
  org_id: string;
  type: EventType;
  subject: string;
  data: Json<Record<string, unknown>>;
  at: Generated<Date>;
}

export interface SubscriptionTable {
  id: string;
  org_id: string;
  /** Sealed where it carries credentials. */
  url: string;
  receiver: string;
  types: Json<string[]>;
  created_at: Generated<Date>;
}

export interface IdempotencyTable {
  org_id: string;
  route: string;
  key: string;
  fingerprint: string;
  /** Ids of what the request creates follow from it, so that a repeat after a crash finishes the same start. */
  seed: string;
  leased_until: Date;
  status: number | null;
  answer: Json<unknown>;
  created_at: Generated<Date>;
}

export interface AgentTable {
  id: string;
  org_id: string;
  name: string;
  type: string | null;
  description: string | null;
  instruction: Json<InstructionText | null>;
  /** Names of the only tools it gets. */
  tools: Json<string[]>;
  /** Sealed JSON. */
  settings: string;
  /** Sealed JSON. */
  environment: string;
  model: string | null;
  limits: Json<Limits>;
  /** Its code runs in the workers: there is a definition of this name. */
  definition: string | null;
  /** The deadline of a session is this × `missed_after`. */
  interval_ms: number;
  missed_after: number;
  on_missed: Json<StoredAction[]>;
  /** Until a heartbeat has told the agent of a shorter deadline, the one of before holds. */
  deadline_changed_at: Date | null;
  deadline_before_ms: number | null;
  lifecycle: Generated<Lifecycle>;
  is_suspended: Generated<boolean>;
  connection: Generated<Connection>;
  /** Of the latest session, open or ended. */
  session_id: string | null;
  /** That it connected in. */
  context: string | null;
  last_heartbeat_at: Date | null;
  metrics: Json<Record<string, number> | null>;
  /** Raised by every change of what the agent is given. */
  config_version: Generated<number>;
  /** Raised by every change of the row that a person made: its ETag. */
  revision: Generated<number>;
  /** Null until credentials were made. */
  secret_digest: string | null;
  /** The one before, which counts as well until `previous_until`, as do its tokens. */
  previous_secret_digest: string | null;
  previous_until: Date | null;
  /** Tokens carry it. */
  credential_version: Generated<number>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

export interface AgentSessionTable {
  id: string;
  org_id: string;
  agent_id: string;
  context: string | null;
  interval_ms: number;
  connected_at: Date;
  last_heartbeat_at: Date | null;
  heartbeats: Generated<number>;
  ended_at: Date | null;
  end_reason: SessionEnd | null;
}

/** What agents told of their work, by the hour. */
export interface AgentUsageTable {
  org_id: string;
  agent_id: string;
  hour: Date;
  kind: 'tool' | 'variant';
  /** A tool's name, or an instruction's id. */
  subject: string;
  /** Of an instruction; of a tool an empty text. */
  variant: Generated<string>;
  succeeded: Generated<number>;
  failed: Generated<number>;
}

export interface ToolTable {
  id: string;
  org_id: string;
  name: string;
  version: string;
  description: string;
  category: string | null;
  schema: Json<ToolRequest['schema']>;
  status: Tool['status'];
  kind: Tool['kind'];
  /** Sealed JSON. */
  config: string;
  requires_approval: boolean;
  revision: Generated<number>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

export interface InstructionTable {
  id: string;
  org_id: string;
  name: string;
  layer: InstructionLayer;
  agent_id: string | null;
  context: string | null;
  system_prompt: string;
  guidelines: Json<string[]>;
  variants: Json<Variant[]>;
  status: 'active' | 'inactive';
  revision: Generated<number>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

/** Which variant of an instruction an agent got, for good. */
export interface InstructionAssignmentTable {
  org_id: string;
  instruction_id: string;
  agent_id: string;
  variant: string;
}

/** One row: since when heartbeats can reach the database without a gap. */
export interface HeartbeatPathTable {
  is_only: Generated<boolean>;
  pulse_at: Date;
  restored_at: Date;
}

export interface Tables {
  orgs: OrgTable;
  api_keys: ApiKeyTable;
  timers: TimerTable;
  windows: WindowTable;
  deliveries: DeliveryTable;
  endpoints: EndpointTable;
  events: EventTable;
  subscriptions: SubscriptionTable;
  idempotency_keys: IdempotencyTable;
  agents: AgentTable;
  agent_sessions: AgentSessionTable;
  agent_usage: AgentUsageTable;
  tools: ToolTable;
  instructions: InstructionTable;
  instruction_assignments: InstructionAssignmentTable;
  heartbeat_path: HeartbeatPathTable;
  tasks: TaskTable;
  task_messages: TaskMessageTable;
  task_stages: TaskStageTable;
  model_calls: ModelCallTable;
  model_spending: ModelSpendingTable;
  tool_calls: ToolCallTable;
  agent_metrics: AgentMetricTable;
  agent_memories: AgentMemoryTable;
  listings: ListingTable;
  sales: SaleTable;
  user_activities: UserActivityTable;
  collections: CollectionTable;
  collection_items: CollectionItemTable;
  notifications: NotificationTable;
  schedules: ScheduleTable;
}
