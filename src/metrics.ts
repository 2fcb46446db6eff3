import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { BrokerKind } from './schemas/broker.js';
import { Channel } from './schemas/delivery.js';
import type { ReceiptStatus } from './schemas/message.js';
import type { ErrorCategory, TaskStatus } from './schemas/task.js';

/** What this process counts, as `/metrics` answers it. Labels never name an organisation, a caller or an id. */
export const registry = new Registry();
const registers = [registry];

let isCollecting = false;
/** Memory, CPU, event loop and garbage collection of this process, from now on. */
export function collectProcessMetrics(): void {
  if (!isCollecting) collectDefaultMetrics({ register: registry });
  isCollecting = true;
}

export const httpRequests = new Histogram({
  name: 'mainspring_http_request_duration_seconds',
  help: 'Time from the first byte of a request to its answer',
  labelNames: ['method', 'route', 'status'] as const,
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
  registers,
});

export const timerLateness = new Histogram({
  name: 'mainspring_timer_lateness_seconds',
  help: 'Start of the first attempt after the due moment',
  buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 600],
  registers,
});

type TimerOutcome = 'created' | 'fired' | 'failed' | 'cancelled';
const timers = new Counter({
  name: 'mainspring_timers_total',
  help: 'Timers by what became of them',
  labelNames: ['outcome'] as const,
  registers,
});
/** Counts what became of timers. */
export const countTimers = (outcome: TimerOutcome, count = 1): void => timers.inc({ outcome }, count);

const silences = new Counter({
  name: 'mainspring_agent_silences_total',
  help: 'Connected agents that fell silent',
  registers,
});
/** Counts an agent that fell silent. */
export const countSilence = (): void => silences.inc();

type AttemptOutcome = 'delivered' | 'failed' | 'dead';
const attempts = new Counter({
  name: 'mainspring_delivery_attempts_total',
  help: 'Attempts to deliver: failed ones are tried again, dead ones are not',
  labelNames: ['channel', 'outcome'] as const,
  registers,
});
// An increase is seen only of what was counted before: the first dead one must not be missed.
for (const channel of Channel.options) attempts.inc({ channel, outcome: 'dead' }, 0);
/** Counts one attempt to deliver. */
export const countAttempt = (channel: Channel, outcome: AttemptOutcome): void =>
  attempts.inc({ channel, outcome });

export const attemptDuration = new Histogram({
  name: 'mainspring_delivery_attempt_duration_seconds',
  help: 'Time that an attempt to deliver took',
  labelNames: ['channel'] as const,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
  registers,
});

const tasks = new Counter({
  name: 'mainspring_tasks_total',
  help: 'Tasks that have ended, by how, and why those did not complete',
  labelNames: ['outcome', 'category'] as const,
  registers,
});
const taskDuration = new Histogram({
  name: 'mainspring_task_duration_seconds',
  help: 'Start of a task to its end, by the type of its agent; of types that are not ours: custom',
  labelNames: ['type'] as const,
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600],
  registers,
});
const namedTypes = new Set<string>();
/** Agents of these types are told apart: those whose code is here. Anybody may make up others, without end. */
export function nameAgentTypes(types: Iterable<string>): void {
  for (const type of types) namedTypes.add(type);
}

type EntryOutcome = 'taken' | 'repeated' | 'refused';
const entries = new Counter({
  name: 'mainspring_intake_entries_total',
  help: 'Entries of the task stream by what became of them: a new task, one that was there already, none',
  labelNames: ['outcome'] as const,
  registers,
});
/** Counts an entry of the task stream. */
export const countEntry = (outcome: EntryOutcome): void => entries.inc({ outcome });

type CarriedOutcome = 'received' | 'repeated' | 'malformed' | 'collided';
const carried = new Counter({
  name: 'mainspring_broker_messages_total',
  help: 'Messages that brokers outside handed over, by what became of them: new, there already, none at all, with the id of another',
  labelNames: ['kind', 'outcome'] as const,
  registers,
});
/** Counts a message that a broker handed over. */
export const countCarried = (kind: BrokerKind, outcome: CarriedOutcome): void =>
  carried.inc({ kind, outcome });

const messages = new Counter({
  name: 'mainspring_messages_total',
  help: 'Messages that came to their end at an agent, by how',
  labelNames: ['outcome'] as const,
  registers,
});
const messageDuration = new Histogram({
  name: 'mainspring_message_duration_seconds',
  help: 'Time from a message in a mailbox to its end there',
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600],
  registers,
});
/** Counts a message that came to its end at an agent. */
export function countMessage({
  status,
  queued_at,
  ended_at,
}: {
  status: ReceiptStatus;
  queued_at: Date;
  ended_at: Date | null;
}): void {
  if (!ended_at) return;
  messages.inc({ outcome: status });
  messageDuration.observe(Math.max(0, ended_at.getTime() - queued_at.getTime()) / 1_000);
}

interface EndedTask {
  status: TaskStatus;
  agent_type: string | null;
  error_category: ErrorCategory | null;
  started_at: Date | null;
  completed_at: Date | null;
}

/** Counts a task that has ended. */
export function countTask({ status, agent_type, error_category, started_at, completed_at }: EndedTask): void {
  tasks.inc({ outcome: status, category: error_category ?? 'none' });
  if (!started_at || !completed_at) return;
  const type = agent_type !== null && namedTypes.has(agent_type) ? agent_type : 'custom';
  taskDuration.observe({ type }, Math.max(0, completed_at.getTime() - started_at.getTime()) / 1_000);
}

type ToolOutcome = 'completed' | 'failed' | 'refused' | 'rejected';
const toolCalls = new Counter({
  name: 'mainspring_tool_calls_total',
  help: 'Calls of tools by what became of them; tools without code here are "custom"',
  labelNames: ['tool', 'outcome'] as const,
  registers,
});
const toolCallDuration = new Histogram({
  name: 'mainspring_tool_call_duration_seconds',
  help: 'Time that a call of a tool took, without what it waited for approval',
  labelNames: ['tool'] as const,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
  registers,
});
/** Counts a call of a tool; `durationMs` is null for one that was not made. */
export function countToolCall(tool: string, outcome: ToolOutcome, durationMs: number | null): void {
  toolCalls.inc({ tool, outcome });
  if (durationMs !== null) toolCallDuration.observe({ tool }, durationMs / 1_000);
}

type ModelOutcome = 'answered' | 'rate_limit' | 'outage' | 'refused' | 'cancelled' | 'invalid_output';
const modelCalls = new Counter({
  name: 'mainspring_model_calls_total',
  help: 'Questions to models by what became of them',
  labelNames: ['provider', 'outcome'] as const,
  registers,
});
const modelCallDuration = new Histogram({
  name: 'mainspring_model_call_duration_seconds',
  help: 'Time from a question to a model to the end of its answer',
  labelNames: ['provider'] as const,
  buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120],
  registers,
});
/** Counts a question to a model. */
export function countModelCall(provider: string, outcome: ModelOutcome, durationMs: number): void {
  modelCalls.inc({ provider, outcome });
  modelCallDuration.observe({ provider }, Math.max(0, durationMs) / 1_000);
}

const modelTokens = new Counter({
  name: 'mainspring_model_tokens_total',
  help: 'Tokens of questions (input) and answers (output)',
  labelNames: ['provider', 'direction'] as const,
  registers,
});
const modelCost = new Counter({
  name: 'mainspring_model_cost_usd_total',
  help: 'What models cost, of those whose price is known',
  labelNames: ['provider'] as const,
  registers,
});
const NANOS_PER_USD = 1_000_000_000;
/** Counts what an answer used; `nanos` is null where nobody knows the price. */
export function countModelUsage(
  provider: string,
  { input, output, nanos }: { input: number; output: number; nanos: number | null },
): void {
  modelTokens.inc({ provider, direction: 'input' }, input);
  modelTokens.inc({ provider, direction: 'output' }, output);
  if (nanos !== null) modelCost.inc({ provider }, nanos / NANOS_PER_USD);
}
