import type { Generated } from 'kysely';
import type { Overlap } from '../schemas/schedule.js';
import type { ErrorCategory, Stage, TaskStatus, ToolCallStatus } from '../schemas/task.js';
import type { TaskDelivery } from '../schemas/task-delivery.js';
import type { Json } from './json-column.js';

/** One thing that an agent is to do, or did: its intent until it ends, the ledger of it from then on. */
export interface TaskTable {
  id: string;
  org_id: string;
  agent_id: string;
  agent_name: string;
  agent_type: string | null;
  /** Null: the prompt is asked. */
  method: string | null;
  prompt: string | null;
  input: Json<Record<string, unknown>>;
  priority: number;
  status: TaskStatus;
  user_id: string | null;
  session_id: string | null;
  /** Where its result goes; secrets are sealed. */
  delivery: Json<TaskDelivery[]>;
  metadata: Json<Record<string, unknown>>;
  /** That started it. */
  schedule_id: string | null;
  /** From its start on, without what it waits for approvals. */
  timeout_ms: number;
  /** The task that it is a part of, and the first of all of them. */
  parent_id: string | null;
  root_id: string;
  /** 0 for a root. */
  depth: Generated<number>;
  /** Digest of the request that made it: the same id with another one is refused. */
  fingerprint: string | null;
  output: Json<unknown>;
  error_category: ErrorCategory | null;
  error_message: string | null;
  /** That answered last. */
  model: string | null;
  input_tokens: Generated<number>;
  output_tokens: Generated<number>;
  /** In 10⁻⁹ US dollars; null as soon as one price was not known. */
  cost_nanos: Generated<number | null>;
  created_at: Generated<Date>;
  /** It does not start before; null: it starts in its turn. */
  scheduled_at: Date | null;
  started_at: Date | null;
  completed_at: Date | null;
  /** When the sweep asks for its workflow, should it not have ended by then; null once it has. */
  overdue_at: Date | null;
  /** How often the sweep did. */
  rearmed: Generated<number>;
}

/** What was said in a task, as the AI SDK writes messages. */
export interface TaskMessageTable {
  task_id: string;
  org_id: string;
  position: number;
  /** A `ModelMessage`. */
  message: Json<unknown>;
}

/** What the code of a stage came to: it does not run again. */
export interface TaskStageTable {
  task_id: string;
  org_id: string;
  stage: Stage;
  output: Json<unknown>;
  completed_at: Generated<Date>;
}

/** One question to a model: of a conversation (`request` null), or of an agent's code. */
export interface ModelCallTable {
  id: string;
  org_id: string;
  task_id: string;
  root_id: string;
  agent_id: string;
  place: string;
  status: 'requested' | 'running' | 'completed' | 'failed';
  request: Json<unknown>;
  /** A `ModelAnswer`: what code is given. */
  answer: Json<unknown>;
  provider: string | null;
  model: string | null;
  input_tokens: Generated<number>;
  output_tokens: Generated<number>;
  /** In 10⁻⁹ US dollars; null when the price is not known. */
  cost_nanos: Generated<number | null>;
  /** What it may come to while it runs: counted against budgets. */
  reserved_tokens: Generated<number>;
  reserved_nanos: Generated<number>;
  attempts: Generated<number>;
  error_category: ErrorCategory | null;
  error_message: string | null;
  started_at: Generated<Date>;
  duration_ms: number | null;
}

/** What an agent's calls of models have used in a day (UTC). */
export interface ModelSpendingTable {
  org_id: string;
  day: string;
  agent_id: string;
  tokens: number;
  /** In 10⁻⁹ US dollars, of what had a price. */
  nanos: number;
}

/** One call of a tool; its row says whether it may be made, and whether it was. */
export interface ToolCallTable {
  id: string;
  org_id: string;
  task_id: string;
  agent_id: string;
  place: string;
  /** The model's own id of the call; null where code asked for it. */
  model_call_ref: string | null;
  name: string;
  /** As they were asked for; frozen by a request for approval. */
  arguments: Json<unknown>;
  status: ToolCallStatus;
  result: Json<unknown>;
  error: string | null;
  /** Of a failure that is not the tool's own: `invalid_input`. */
  error_category: ErrorCategory | null;
  /** The task that it started. */
  child_id: string | null;
  approval_deadline: Date | null;
  decided_by: string | null;
  decision_reason: string | null;
  created_at: Generated<Date>;
  started_at: Date | null;
  duration_ms: number | null;
}

/** What an agent's own code counts, by the hour. */
export interface AgentMetricTable {
  agent_id: string;
  org_id: string;
  hour: Date;
  name: string;
  total: number;
}

/** What an agent remembers across tasks; `session_id` is empty for what is of no session. */
export interface AgentMemoryTable {
  agent_id: string;
  org_id: string;
  session_id: string;
  key: string;
  value: Json<unknown>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

/** A task that comes again and again: Temporal owns when, the row what. */
export interface ScheduleTable {
  id: string;
  org_id: string;
  agent_id: string;
  name: string;
  /** Exactly one of the two is given. */
  cron: string | null;
  interval_ms: number | null;
  timezone: string;
  method: string | null;
  prompt: string | null;
  input: Json<Record<string, unknown>>;
  priority: Generated<number>;
  /** Where the results of its tasks go; secrets are sealed. */
  delivery: Json<TaskDelivery[]>;
  metadata: Json<Record<string, unknown>>;
  /** Of its tasks; null: what their agent says. */
  timeout_ms: number | null;
  overlap: Generated<Overlap>;
  /** At most so much later than its moment, by chance. */
  jitter_ms: Generated<number>;
  /** What was missed while the engine was away runs when it is no older. */
  catchup_window_ms: Generated<number>;
  ends_at: Date | null;
  is_enabled: Generated<boolean>;
  /** The file of `MAINSPRING_CONFIG` declares it, and takes it away. */
  is_declared: Generated<boolean>;
  /** The call of a tool that made it. */
  created_by: string | null;
  /** Raised by every change: its ETag. */
  revision: Generated<number>;
  /** That Temporal has. */
  applied_revision: Generated<number>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}
