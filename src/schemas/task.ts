import { z } from 'zod';
import { DeliverySummary } from './delivery.js';
import { HORIZON_MS, Instant } from './duration.js';
import { freeForm, Moment, Name, OwnId } from './identity.js';
import { NextCursor, pageQuery } from './page.js';
import { TaskDeliveries } from './task-delivery.js';

export const TaskStatus = z.enum([
  'queued',
  'scheduled',
  'running',
  'awaiting_approval',
  'completed',
  'failed',
  'cancelled',
  'timed_out',
]);
export type TaskStatus = z.infer<typeof TaskStatus>;

/** Why a task did not come to a result. */
export const ErrorCategory = z
  .enum([
    'configuration',
    'invalid_input',
    'model',
    'rate_limit',
    'budget',
    'step_limit',
    'invalid_output',
    'tool',
    'code',
    'timeout',
    'cancelled',
    'interrupted',
  ])
  .describe(
    [
      '`configuration`: something it needs is not set, such as the key of a model',
      '`invalid_input`: what was asked is wrong',
      '`model`: no model answered; `rate_limit`: all of them were over their quota',
      '`budget`: the next call would have passed a limit; `step_limit`: it asked for more steps than it may take',
      '`invalid_output`: the model did not keep to the schema; `tool`: a tool failed that it cannot do without',
      "`code`: the agent's own code threw; `interrupted`: its run was ended from outside",
    ].join('. '),
  );
export type ErrorCategory = z.infer<typeof ErrorCategory>;

/** The parts of a task's life in which an agent's own code may run, in their order; of `success` and `error` one. */
export const Stage = z.enum([
  'initialize',
  'preprocess',
  'execute',
  'postprocess',
  'success',
  'error',
  'shutdown',
]);
export type Stage = z.infer<typeof Stage>;

export const PRIORITIES = { CRITICAL: 1, HIGH: 3, NORMAL: 5, LOW: 7, BACKGROUND: 9 } as const;
type PriorityName = keyof typeof PRIORITIES;
const isPriorityName = (text: string): text is PriorityName => Object.hasOwn(PRIORITIES, text);
const PRIORITY_NAMES = Object.keys(PRIORITIES).filter(isPriorityName);
const PRIORITY_NUMBERS = Object.values(PRIORITIES);
const inWords = PRIORITY_NAMES.map((name) => `${PRIORITIES[name]} \`${name}\``).join(', ');
export const Priority = z
  .union([z.literal(PRIORITY_NUMBERS), z.enum(PRIORITY_NAMES)])
  .transform((given) => (typeof given === 'number' ? given : PRIORITIES[given]))
  .meta({ description: `${inWords}; or its name` });
export type Priority = z.infer<typeof Priority>;

/** How long a prompt may be, in characters. */
const LONGEST_PROMPT = 200_000;
export const Prompt = z.string().min(1).max(LONGEST_PROMPT);
/** A method of an agent: `analyze_market`. */
export const MethodName = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,99}$/, 'is not the name of a method');
export const SessionId = z.string().min(1).max(200);

const Seconds = z.number().min(1).max(86_400);

/** Names that a path would take for something else. */
const NO_IDS: readonly string[] = ['.', '..', 'metrics', 'execute'];
const TaskId = OwnId.refine((id) => !NO_IDS.includes(id), `must be none of ${NO_IDS.join(', ')}`);

/** What an agent is asked, and where what it comes to goes. */
export const TASK = {
  agent_name: Name,
  prompt: Prompt.optional().describe('What the agent is asked, or of a method that takes one'),
  priority: Priority.default(5),
  method_name: MethodName.nullish().describe('A method of the agent; without it the prompt is asked'),
  input: freeForm(256).default({}).describe('Of the method'),
  user_id: Name.nullish(),
  session_id: SessionId.nullish().describe('Tasks of one session remember what was said before'),
  delivery: TaskDeliveries.default([{ channel: 'log' }]).describe(
    'Where its result goes: a channel with what that needs, or a list of up to 10. `[]`: nowhere',
  ),
  metadata: freeForm(16).default({}),
  timeout_seconds: Seconds.nullish().describe(
    "From its start on; waiting for an approval is not counted. By default the agent's `limits.timeout`, or `TASK_TIMEOUT_SECONDS` (300)",
  ),
};
export const NO_PROMPT = 'is needed where no method_name is given';
export const hasPrompt = ({ prompt, method_name: method }: { prompt?: unknown; method_name?: unknown }) =>
  prompt !== undefined || typeof method === 'string';

/** The body of `POST /tasks`. */
export const TaskRequest = z
  .strictObject({
    task_id: TaskId.optional().describe('Your own; the same one with the same body is the same task'),
    ...TASK,
    scheduled_at: Instant.refine(
      (at) => at.getTime() - Date.now() <= HORIZON_MS,
      'must not be more than 5 years ahead',
    )
      .nullish()
      .describe('It starts then, not before; a moment that has passed: at once'),
  })
  .refine(hasPrompt, { path: ['prompt'], error: NO_PROMPT })
  .meta({ id: 'TaskRequest' });
export type TaskRequest = z.infer<typeof TaskRequest>;

export const TaskAccepted = z.looseObject({ task_id: z.string(), status: z.enum(['queued', 'scheduled']) });

export const TaskError = z.looseObject({ category: ErrorCategory, message: z.string() });
export type TaskError = z.infer<typeof TaskError>;

/** What became of a task. */
export const TaskResult = z
  .looseObject({
    task_id: z.string(),
    agent_name: z.string(),
    success: z.boolean(),
    output: z.unknown(),
    error: TaskError.nullable(),
    execution_time_ms: z.int(),
    metadata: z.record(z.string(), z.unknown()),
    completed_at: Moment,
  })
  .meta({ id: 'TaskResult' });

export const ToolCallStatus = z.enum([
  'requested',
  'awaiting_approval',
  'approved',
  'rejected',
  'running',
  'completed',
  'failed',
  'refused',
]);
export type ToolCallStatus = z.infer<typeof ToolCallStatus>;

const CUT = 'It is the beginning of the JSON, as text: `GET /tasks/:id/tool-calls/:callId` answers the whole';

/** A tool that a task called, or wants to call. */
export const TaskToolCall = z
  .looseObject({
    id: z.string(),
    name: z.string(),
    arguments: z.unknown(),
    status: ToolCallStatus,
    result: z.unknown(),
    error: z.string().nullable(),
    duration_ms: z.int().nullable(),
    approval_deadline: Moment.nullable(),
    decided_by: z.string().nullable(),
    child_task_id: z.string().nullable(),
    are_arguments_cut: z.boolean().describe(CUT),
    is_result_cut: z.boolean().describe(CUT),
  })
  .meta({ id: 'TaskToolCall' });

/** Tokens and money; a cost is null when the price of a model that answered is not known. */
const usage = {
  model: z.string().nullable().describe('The model that answered last'),
  token_usage: z.looseObject({ input: z.int(), output: z.int(), total: z.int() }),
  cost_usd: z.number().nullable(),
};

export const Task = z
  .looseObject({
    task_id: z.string(),
    agent_id: z.string(),
    agent_name: z.string(),
    status: TaskStatus,
    priority: z.int(),
    prompt: z.string().nullable(),
    method_name: z.string().nullable(),
    input: z.record(z.string(), z.unknown()),
    user_id: z.string().nullable(),
    session_id: z.string().nullable(),
    delivery: z.array(z.looseObject({ channel: z.string() })).describe('Secrets in it read `***`'),
    metadata: z.record(z.string(), z.unknown()),
    timeout_seconds: z.number(),
    parent_task_id: z.string().nullable(),
    schedule_id: z.string().nullable().describe('The schedule that started it'),
    ...usage,
    created_at: Moment,
    scheduled_at: Moment.nullable(),
    started_at: Moment.nullable(),
    completed_at: Moment.nullable(),
    result: TaskResult.nullable(),
    run: z.looseObject({ workflowId: z.string(), url: z.string() }),
  })
  .meta({ id: 'Task' });
export type Task = z.infer<typeof Task>;

export const TaskAnswer = z.looseObject({
  task: z
    .looseObject({
      ...Task.shape,
      tool_calls: z.array(TaskToolCall).describe('The latest 500, the newest last'),
      deliveries: z.array(DeliverySummary).describe('Of its result, once it has ended'),
    })
    .meta({ id: 'TaskDetail' }),
});
export const ToolCallAnswer = z.looseObject({ tool_call: TaskToolCall });
export const TaskPage = z.looseObject({ tasks: z.array(Task), nextCursor: NextCursor });
export const TaskFilter = z.object({
  ...pageQuery,
  status: TaskStatus.optional(),
  agent_name: Name.optional(),
  session_id: SessionId.optional(),
  schedule_id: z.string().min(1).max(200).optional(),
  priority: z
    .enum([...PRIORITY_NUMBERS.map(String), ...PRIORITY_NAMES])
    .transform((given) => (isPriorityName(given) ? PRIORITIES[given] : Number(given)))
    .optional()
    .describe('A number or its name'),
});
export type TaskFilter = z.infer<typeof TaskFilter>;

/** The body of `POST /tasks/:id/approve` and `/reject`. */
export const Decision = z
  .strictObject({
    tool_call_id: z.string().min(1).max(300).optional().describe('By default all that wait for one'),
    decided_by: Name.optional(),
    reason: z.string().max(2_000).optional().describe('Of a rejection: the model is told'),
  })
  .meta({ id: 'Decision' });
export type Decision = z.infer<typeof Decision>;

export const Cancellation = z
  .strictObject({ reason: z.string().max(2_000).optional() })
  .meta({ id: 'TaskCancellation' });

/** What processes tell each other of what a model says while it says it. */
export const TaskText = z.object({ org: z.string(), task: z.string(), text: z.string() });
export type TaskText = z.infer<typeof TaskText>;
