import { createHash } from 'node:crypto';
import type { AgentRow } from '../db/agents.js';
import type { Db } from '../db/database.js';
import type { NewTask } from '../db/tasks.js';
import { getAgentByName } from '../db/working-agents.js';
import { type ChannelServers, refusalsOfResults } from '../domain/channel-rules.js';
import { sealedDelivery } from '../domain/delivery-secrets.js';
import type { StreamOwner } from '../domain/stream-owner.js';
import type { Catalogue } from '../hosted/catalogue.js';
import { type GuardOptions, leadsInwards } from '../outbound/guard.js';
import type { FieldError } from '../schemas/field-errors.js';
import type { TaskRequest } from '../schemas/task.js';
import type { TaskDelivery } from '../schemas/task-delivery.js';
import type { Vault } from '../secrets/vault.js';
import { type Assignment, type FieldNames, prepareAssignment, unavailableOf } from './prepare-task.js';

/** All of a new task that follows from its request. */
export type TaskPlan = Omit<NewTask, 'orgId' | 'id' | 'fingerprint' | 'parent' | 'createdAt'>;

/** A request that was checked against its schema, made into a task, or why it cannot be one. */
export type PlannedTask =
  | { kind: 'ready'; plan: TaskPlan }
  | { kind: 'refused'; errors: FieldError[] }
  /** The agent takes none now. */
  | { kind: 'unavailable'; message: string };

export interface TaskRequestOptions {
  db: Db;
  catalogue: Pick<Catalogue, 'agents'>;
  vault: Vault;
  guard: GuardOptions;
  config: ChannelServers & StreamOwner & { TASK_TIMEOUT_SECONDS: number };
}

const NAMES: FieldNames = { method: 'method_name', prompt: 'prompt' };

/** What the agent is asked, in its own words; refused where it does not understand it or takes nothing now. */
export function assign(
  catalogue: Pick<Catalogue, 'agents'>,
  agent: AgentRow,
  asked: Assignment,
  names: FieldNames,
): { kind: 'ready'; assignment: Assignment } | Exclude<PlannedTask, { kind: 'ready' }> {
  const reason = unavailableOf(agent);
  if (reason !== null) return { kind: 'unavailable', message: `${agent.name} takes no tasks: ${reason}` };
  return prepareAssignment(catalogue, agent, asked, names);
}

/** Whose results they are, and what there is to deliver them. */
export type DeliveringOptions = Pick<TaskRequestOptions, 'guard' | 'config'> & { orgId: string };

/** What about a list of deliveries cannot be, field by field. */
export const refusalsOfDeliveries = (
  deliveries: readonly TaskDelivery[],
  { orgId, guard, config }: DeliveringOptions,
): FieldError[] =>
  refusalsOfResults(deliveries, {
    orgId,
    config,
    leadsInwards: (url) => leadsInwards(url, guard),
  }).map(({ field, message }) => ({ path: field, message }));

/** Finds the agent, checks what it is asked and where the result goes, seals secrets. */
export async function planTask(
  options: TaskRequestOptions,
  orgId: string,
  request: TaskRequest,
): Promise<PlannedTask> {
  const { agent_name: name, method_name: method, prompt, input, priority, metadata, delivery } = request;
  const agent = await getAgentByName(options.db, orgId, name);
  if (!agent)
    return { kind: 'refused', errors: [{ path: 'agent_name', message: 'is not the name of an agent' }] };
  const asked = { method: method ?? null, prompt: prompt ?? null, input };
  const assigned = assign(options.catalogue, agent, asked, NAMES);
  if (assigned.kind !== 'ready') return assigned;
  const errors = refusalsOfDeliveries(delivery, { ...options, orgId });
  if (errors.length > 0) return { kind: 'refused', errors };
  const { timeout_seconds: seconds, user_id: userId, session_id: sessionId, scheduled_at: at } = request;
  return {
    kind: 'ready',
    plan: {
      ...{ agent, ...assigned.assignment, priority, metadata },
      ...{ userId: userId ?? null, sessionId: sessionId ?? null, scheduledAt: at ?? null },
      delivery: delivery.map((one) => sealedDelivery(one, options.vault)),
      timeoutMs: typeof seconds === 'number' ? Math.round(seconds * 1_000) : timeoutOf(agent, options.config),
    },
  };
}

/** How long a task of an agent may take where its caller does not say, in ms. */
export const timeoutOf = (
  { limits }: Pick<AgentRow, 'limits'>,
  { TASK_TIMEOUT_SECONDS: seconds }: { TASK_TIMEOUT_SECONDS: number },
): number => limits.timeout ?? seconds * 1_000;

/** What makes two requests the same, whichever way they came; the order of fields does not count. */
export const fingerprintOfRequest = (request: TaskRequest): string =>
  createHash('sha256')
    .update(JSON.stringify(['/tasks', request, null]))
    .digest('hex');
