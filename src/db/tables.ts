import type { Generated } from 'kysely';
import type { Action, RetryPolicy } from '../schemas/action.js';
import type { Tier } from '../schemas/api-key.js';
import type { Attempt, Channel, DeliveryRequest } from '../schemas/delivery.js';
import type { EventType } from '../schemas/event.js';
import type { TimerStatus } from '../schemas/timer.js';
import type { Json } from './json-column.js';
import type {
  AgentSessionTable,
  AgentTable,
  AgentUsageTable,
  HeartbeatPathTable,
  InstructionAssignmentTable,
  InstructionTable,
  ToolTable,
} from './tables-of-agents.js';
import type {
  BrokerBindingTable,
  BrokerTable,
  EventFeedTable,
  MessageTable,
  ReceiptTable,
} from './tables-of-messages.js';
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

export interface StoredEscalation {
  afterAttempts: number;
  action: StoredAction;
}

export interface DeliveryTable {
  org_id: string;
  id: string;
  timer_id: string | null;
  subscription_id: string | null;
  task_id: string | null;
  channel: Channel;
  /** Scheme, host and port, or the channel's name where it calls nobody outside. */
  receiver: string;
  request: Json<DeliveryRequest>;
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
  messages: MessageTable;
  receipts: ReceiptTable;
  brokers: BrokerTable;
  broker_bindings: BrokerBindingTable;
  event_feeds: EventFeedTable;
}
