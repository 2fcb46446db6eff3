import type { Generated } from 'kysely';
import type { Action } from '../schemas/action.js';
import type { Connection, InstructionText, Lifecycle } from '../schemas/agent.js';
import type { SessionEnd } from '../schemas/agent-connection.js';
import type { Handler } from '../schemas/handler.js';
import type { ContainerState, HealthState, Resources, RestartPolicy } from '../schemas/hosting.js';
import type { InstructionLayer, Variant } from '../schemas/instruction.js';
import type { Limits } from '../schemas/limits.js';
import type { BusyPolicy } from '../schemas/message.js';
import type { Tool, ToolRequest } from '../schemas/tool.js';
import type { DefaultedJson, Json } from './json-column.js';

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
  /** Secrets in them are sealed. */
  on_missed: Json<Action[]>;
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
  /** The file of `MAINSPRING_CONFIG` declares it, and takes it away. */
  is_declared: Generated<boolean>;
  /** Patterns that it subscribes to. */
  topics: DefaultedJson<string[]>;
  /** What handles its messages here; of a webhook URL and header values are sealed. */
  handler: DefaultedJson<Handler | null>;
  concurrency: Generated<number>;
  busy_policy: Generated<BusyPolicy>;
  max_deliveries: Generated<number>;
  /** Names of brokers. */
  brokers: DefaultedJson<string[]>;
  image: string | null;
  resources: DefaultedJson<Resources | null>;
  restart_policy: Generated<RestartPolicy>;
  /** Sealed when it has credentials. */
  health_url: string | null;
  health_interval_ms: Generated<number>;
  container: DefaultedJson<ContainerState | null>;
  health: DefaultedJson<HealthState | null>;
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
