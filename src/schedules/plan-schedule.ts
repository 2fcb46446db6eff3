import type { AgentRow } from '../db/agents.js';
import type { ScheduleColumns, ScheduleRow } from '../db/schedules.js';
import { getAgentByName } from '../db/working-agents.js';
import { sealedDelivery } from '../domain/delivery-secrets.js';
import type { FieldError } from '../schemas/field-errors.js';
import type { ScheduleChange, ScheduleRequest } from '../schemas/schedule.js';
import type { TaskDelivery } from '../schemas/task-delivery.js';
import { type FieldNames, prepareAssignment } from '../tasks/prepare-task.js';
import { refusalsOfDeliveries, type TaskRequestOptions } from '../tasks/task-request.js';
import { type Cycle, nextRuns, readCycle } from './cycle.js';

const NAMES: FieldNames = { method: 'method_name', prompt: 'prompt_template' };
const DEFAULT_PROMPT = 'Perform your scheduled check.';

/** A schedule as it is to be written, or what about its request is wrong. */
export type PlannedSchedule =
  | { kind: 'ready'; columns: ScheduleColumns; cycle: Cycle }
  | { kind: 'refused'; errors: FieldError[] };

/** A request, or a row that is changed: what is stored in it is sealed already. */
export type WantedSchedule = Omit<ScheduleRequest, 'delivery' | 'priority'> & {
  priority: number;
  delivery: { given: readonly TaskDelivery[] } | { stored: readonly TaskDelivery[] };
};

const refused = (...errors: FieldError[]): PlannedSchedule => ({ kind: 'refused', errors });

/** What each task of it asks of the agent. An agent that takes no tasks now may take them when the time comes. */
function assignmentOf(catalogue: TaskRequestOptions['catalogue'], agent: AgentRow, wanted: WantedSchedule) {
  const { method_name: method, prompt_template: prompt, input } = wanted;
  const asked = prompt ?? (typeof method === 'string' ? null : DEFAULT_PROMPT);
  return prepareAssignment(catalogue, agent, { method: method ?? null, prompt: asked, input }, NAMES);
}

const isTooEarly = { path: 'ends_at', message: 'is before its first run' };

/** The columns of a schedule that was checked. */
function columnsOf(
  wanted: WantedSchedule,
  agent: AgentRow,
  parts: Pick<ScheduleColumns, 'method' | 'prompt'> & { input: object; delivery: readonly TaskDelivery[] },
): Omit<ScheduleColumns, 'cron' | 'interval_ms' | 'timezone'> {
  const { method, prompt, input, delivery } = parts;
  const { timeout_seconds: seconds, jitter, ends_at: endsAt } = wanted;
  return {
    agent_id: agent.id,
    name: wanted.name ?? `${agent.name}: ${method ?? 'prompt'}`.slice(0, 200),
    ...{ method, prompt, input: JSON.stringify(input), delivery: JSON.stringify(delivery) },
    ...{ priority: wanted.priority, metadata: JSON.stringify(wanted.metadata), overlap: wanted.overlap },
    timeout_ms: typeof seconds === 'number' ? Math.round(seconds * 1_000) : null,
    ...{ jitter_ms: jitter ?? 0, catchup_window_ms: wanted.catchup_window, ends_at: endsAt ?? null },
    is_enabled: wanted.enabled,
  };
}

/**
 * Finds the agent, checks what it is asked, when, and where the results go; seals secrets. `anchor`: from when intervals
 * are counted. `isTimed`: whether it has to run at least once.
 */
export async function planSchedule(
  options: TaskRequestOptions,
  orgId: string,
  wanted: WantedSchedule,
  { now, anchor = now, isTimed = true }: { now: Date; anchor?: Date; isTimed?: boolean },
): Promise<PlannedSchedule> {
  const agent = await getAgentByName(options.db, orgId, wanted.agent_name);
  if (!agent) return refused({ path: 'agent_name', message: 'is not the name of an agent' });
  const assigned = assignmentOf(options.catalogue, agent, wanted);
  if (assigned.kind !== 'ready') return refused(...assigned.errors);
  const read = readCycle(wanted, now);
  if (read.kind !== 'ready') return read;
  const { cycle } = read;
  const { ends_at: end = null, enabled, delivery } = wanted;
  if (enabled && isTimed && nextRuns(cycle, { after: now, count: 1, anchor, end }).length === 0)
    return refused(isTooEarly);
  const errors = 'given' in delivery ? refusalsOfDeliveries(delivery.given, { ...options, orgId }) : [];
  if (errors.length > 0) return refused(...errors);
  const sealed =
    'given' in delivery ? delivery.given.map((one) => sealedDelivery(one, options.vault)) : delivery.stored;
  const columns = columnsOf(wanted, agent, { ...assigned.assignment, delivery: sealed });
  const { cron, intervalMs, timezone } = cycle;
  return { kind: 'ready', columns: { ...columns, cron, interval_ms: intervalMs, timezone }, cycle };
}

export const wantedOf = ({ delivery, ...request }: ScheduleRequest): WantedSchedule => ({
  ...request,
  delivery: { given: delivery },
});

type Cycling = 'cron_expression' | 'interval_seconds';
/** All that a row says, without what is changed as one: a field that is left out here would be lost by every change. */
type Standing = {
  [Field in keyof Required<Omit<WantedSchedule, Cycling | 'delivery'>>]: WantedSchedule[Field];
};

/** What a change makes of a schedule that stands: what it does not name stays. */
export function changedOf(row: ScheduleRow, change: ScheduleChange): WantedSchedule {
  const { delivery, cron_expression: cron, interval_seconds: seconds, ...rest } = change;
  const standing: Standing = {
    ...{ name: row.name, agent_name: row.agent_name, method_name: row.method, input: row.input },
    ...{ timezone: row.timezone, priority: row.priority, metadata: row.metadata, overlap: row.overlap },
    prompt_template: row.prompt,
    timeout_seconds: row.timeout_ms === null ? null : row.timeout_ms / 1_000,
    jitter: row.jitter_ms === 0 ? null : row.jitter_ms,
    ...{ catchup_window: row.catchup_window_ms, ends_at: row.ends_at, enabled: row.is_enabled },
  };
  // One of the two takes the place of the other.
  const cycle =
    cron === undefined && seconds === undefined
      ? {
          cron_expression: row.cron,
          interval_seconds: row.interval_ms === null ? null : row.interval_ms / 1_000,
        }
      : { cron_expression: cron ?? null, interval_seconds: seconds ?? null };
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    ...standing,
    ...cycle,
    ...given,
    delivery: delivery === undefined ? { stored: row.delivery } : { given: delivery },
  };
}
