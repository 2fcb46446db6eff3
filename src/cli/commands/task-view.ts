import type { TaskDetail, TaskSummary, ToolCall } from '../../client/index.js';
import { PRIORITIES } from '../../schemas/task.js';
import { asJson, type Column, moment, partOf, status, text, type View } from '../view.js';
import { DELIVERY } from './delivery-view.js';

type Shown = TaskSummary & Partial<Pick<TaskDetail, 'tool_calls' | 'deliveries'>>;

const nameOf = (priority: number) =>
  Object.entries(PRIORITIES).find(([, number]) => number === priority)?.[0] ?? priority;

const output = ({ result }: Shown): string | null => {
  if (!result) return null;
  return typeof result.output === 'string' ? result.output : asJson(result.output);
};

const TOOL_CALL: Column<ToolCall>[] = [
  text('id', ({ id }) => id),
  status('status', (call) => call.status),
  text('tool', ({ name }) => name),
  text('arguments', (call) => asJson(call.arguments)),
  text('result', ({ result, error }) => error ?? asJson(result)),
  text('ms', ({ duration_ms: millis }) => millis),
  moment('approve until', ({ approval_deadline: until }) => until),
];

export const TASK: View<Shown> = {
  id: ({ task_id: id }) => id,
  columns: [
    text('id', ({ task_id: id }) => id),
    status('status', (task) => task.status),
    text('agent', ({ agent_name: agent }) => agent),
    text('priority', ({ priority }) => nameOf(priority)),
    text('asked', ({ method_name: method, prompt }) => method ?? prompt),
    moment('created', ({ created_at: at }) => at),
    moment('ended', ({ completed_at: at }) => at),
  ],
  more: [
    text('input', ({ input }) => asJson(input)),
    moment('scheduled', ({ scheduled_at: at }) => at),
    moment('started', ({ started_at: at }) => at),
    text('ms', ({ result }) => result?.execution_time_ms),
    text('model', ({ model }) => model),
    text('tokens', ({ token_usage: { total } }) => total),
    text('cost in USD', ({ cost_usd: cost }) => cost),
    text('output', output),
    text('error', ({ result }) => result?.error && `${result.error.category}: ${result.error.message}`),
    text('session', ({ session_id: session }) => session),
    text('schedule', ({ schedule_id: schedule }) => schedule),
    text('run', ({ run }) => run.url),
  ],
  parts: ({ tool_calls: calls = [], deliveries = [] }) => [
    ...partOf('tool calls', TOOL_CALL, calls),
    ...partOf('deliveries', DELIVERY.columns, deliveries),
  ],
  empty: 'No tasks. The first one: mainspring tasks submit ContentAgent "A title for a used camera, please."',
};
