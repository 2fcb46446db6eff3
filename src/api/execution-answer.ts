import type { z } from 'zod';
import type { TaskSummaryRow } from '../db/task-views.js';
import type { TaskRow } from '../db/tasks.js';
import type { ShownToolCall } from '../db/tool-call-views.js';
import { PROMPT_METHOD } from '../hosted/catalogue.js';
import { taskWorkflowId } from '../messages/task.js';
import type { Execution, ExecutionHistory, ExecutionToolCall } from '../schemas/execution.js';
import { durationOf } from '../tasks/duration.js';
import type { Services } from './services.js';

const NANOS = 1e9;
/** Nano-dollars as dollars; unknown stays unknown. */
export const usdOf = (nanos: number | null): number | null => (nanos === null ? null : nanos / NANOS);

/** Tokens of a task, or of many. */
export const tokensOf = ({ input, output }: { input: number; output: number }) => ({
  input,
  output,
  total: input + output,
});

type Ended = Pick<TaskRow, 'completed_at' | 'error_category' | 'error_message'>;
/** Why a task came to no result; while it runs, what is noted may not be the end of it. */
export const errorOf = ({ completed_at, error_category: category, error_message: message }: Ended) =>
  completed_at === null || category === null ? null : { category, message: message ?? '' };

type Summary = z.input<typeof ExecutionHistory>['executions'][number];

/** A task as a list of executions shows it. */
export const executionSummary = (row: TaskSummaryRow | TaskRow): Summary => ({
  executionId: row.id,
  taskId: row.id,
  agentId: row.agent_id,
  type: row.agent_type,
  action: row.method ?? PROMPT_METHOD,
  status: row.status,
  error: errorOf(row),
  durationMs: durationOf(row),
  tokenUsage: tokensOf({ input: row.input_tokens, output: row.output_tokens }),
  costUsd: usdOf(row.cost_nanos),
  model: row.model,
  createdAt: row.created_at.toISOString(),
  startedAt: row.started_at?.toISOString() ?? null,
  completedAt: row.completed_at?.toISOString() ?? null,
});

const toolCallAnswer = (row: ShownToolCall): z.input<typeof ExecutionToolCall> => ({
  id: row.id,
  name: row.name,
  arguments: row.arguments,
  status: row.status,
  result: row.result,
  error: row.error,
  durationMs: row.duration_ms,
  approvalDeadline: row.approval_deadline?.toISOString() ?? null,
  decidedBy: row.decided_by,
  childExecutionId: row.child_id,
  areArgumentsCut: row.are_arguments_cut,
  isResultCut: row.is_result_cut,
});

/** A task with all that belongs to it, as `/api/agents` shows it. What was asked as a prompt is the input of `prompt`. */
export function executionAnswer(
  row: TaskRow,
  toolCalls: readonly ShownToolCall[],
  { starter }: Pick<Services, 'starter'>,
): z.input<typeof Execution> {
  const isPrompt = row.method === null;
  return {
    ...executionSummary(row),
    input: isPrompt ? { prompt: row.prompt } : row.input,
    output: row.output,
    toolCalls: toolCalls.map(toolCallAnswer),
    context: {
      agentName: row.agent_name,
      userId: row.user_id,
      sessionId: row.session_id,
      parentExecutionId: row.parent_id,
      metadata: row.metadata,
      run: starter.linkTo(taskWorkflowId({ orgId: row.org_id, taskId: row.id })),
    },
  };
}
