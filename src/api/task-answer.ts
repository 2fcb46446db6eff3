import type { z } from 'zod';
import { listDeliveries } from '../db/deliveries.js';
import { hasEnded, type TaskRow } from '../db/tasks.js';
import { type ShownToolCall, shownToolCalls } from '../db/tool-call-views.js';
import { maskedDelivery } from '../domain/delivery-secrets.js';
import { taskWorkflowId } from '../messages/task.js';
import type { Task, TaskAnswer, TaskResult, TaskToolCall } from '../schemas/task.js';
import { durationOf } from '../tasks/duration.js';
import { deliverySummary } from './delivery-answer.js';
import { errorOf, tokensOf, usdOf } from './execution-answer.js';
import type { Services } from './services.js';

/** What became of a task; null until it has ended. */
function resultOf(row: TaskRow): z.input<typeof TaskResult> | null {
  if (!hasEnded(row.status) || row.completed_at === null) return null;
  return {
    task_id: row.id,
    agent_name: row.agent_name,
    success: row.status === 'completed',
    output: row.output,
    error: errorOf(row),
    execution_time_ms: durationOf(row) ?? 0,
    metadata: row.metadata,
    completed_at: row.completed_at.toISOString(),
  };
}

/** One whose moment has come waits its turn as any other. */
const statusOf = ({ status, scheduled_at: startsAt }: TaskRow): TaskRow['status'] =>
  status === 'scheduled' && startsAt !== null && startsAt.getTime() <= Date.now() ? 'queued' : status;

/** A task's row as it is answered. */
export const taskAnswer = (
  row: TaskRow,
  { starter, vault }: Pick<Services, 'starter' | 'vault'>,
): z.input<typeof Task> => ({
  task_id: row.id,
  agent_id: row.agent_id,
  agent_name: row.agent_name,
  status: statusOf(row),
  priority: row.priority,
  prompt: row.prompt,
  method_name: row.method,
  input: row.input,
  user_id: row.user_id,
  session_id: row.session_id,
  delivery: row.delivery.map((one) => maskedDelivery(one, vault)),
  metadata: row.metadata,
  timeout_seconds: row.timeout_ms / 1_000,
  parent_task_id: row.parent_id,
  schedule_id: row.schedule_id,
  model: row.model,
  token_usage: tokensOf({ input: row.input_tokens, output: row.output_tokens }),
  cost_usd: usdOf(row.cost_nanos),
  created_at: row.created_at.toISOString(),
  scheduled_at: row.scheduled_at?.toISOString() ?? null,
  started_at: row.started_at?.toISOString() ?? null,
  completed_at: row.completed_at?.toISOString() ?? null,
  result: resultOf(row),
  run: starter.linkTo(taskWorkflowId({ orgId: row.org_id, taskId: row.id })),
});

export const toolCallAnswer = (row: ShownToolCall): z.input<typeof TaskToolCall> => ({
  id: row.id,
  name: row.name,
  arguments: row.arguments,
  status: row.status,
  result: row.result,
  error: row.error,
  duration_ms: row.duration_ms,
  approval_deadline: row.approval_deadline?.toISOString() ?? null,
  decided_by: row.decided_by,
  child_task_id: row.child_id,
  are_arguments_cut: row.are_arguments_cut,
  is_result_cut: row.is_result_cut,
});

/** Above the number of channels that a task can name. */
const MOST_DELIVERIES = 20;

/** A task with the tools that it called and the deliveries of its result, read for the answer. */
export async function taskDetail(
  row: TaskRow,
  services: Pick<Services, 'db' | 'starter' | 'vault'>,
): Promise<z.input<typeof TaskAnswer>['task']> {
  const { db } = services;
  const scope = { orgId: row.org_id, tenants: null };
  const calls = await shownToolCalls(db, row);
  const deliveries = await listDeliveries(db, scope, { taskId: row.id, limit: MOST_DELIVERIES }, undefined);
  return {
    ...taskAnswer(row, services),
    tool_calls: calls.map(toolCallAnswer),
    deliveries: deliveries.map(deliverySummary).reverse(),
  };
}
