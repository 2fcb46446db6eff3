import { z } from 'zod';
import { freeForm, Moment, Name } from './identity.js';
import { NextCursor, pageQuery } from './page.js';
import { Period } from './period.js';
import { ErrorCategory, MethodName, TaskError, TaskStatus, ToolCallStatus } from './task.js';

/** The body of `POST /api/agents/execute`. */
export const ExecutionRequest = z
  .strictObject({
    type: Name.describe('Of the agent: `MARKET`'),
    action: MethodName.describe('One of its methods: `analyze_market`; every agent knows `prompt {prompt}`'),
    input: freeForm(256).default({}),
  })
  .meta({ id: 'ExecutionRequest' });
export type ExecutionRequest = z.infer<typeof ExecutionRequest>;

export const ExecutionAccepted = z
  .looseObject({ executionId: z.string(), taskId: z.string(), status: TaskStatus })
  .meta({ id: 'ExecutionAccepted' });

const TokenUsage = z.looseObject({ input: z.int(), output: z.int(), total: z.int() });
const Cost = z.number().nullable().describe('In US dollars; null when a price is not known');

const CUT = 'It is the beginning of the JSON, as text: `GET /tasks/:id/tool-calls/:callId` answers the whole';

export const ExecutionToolCall = z
  .looseObject({
    id: z.string(),
    name: z.string(),
    arguments: z.unknown(),
    status: ToolCallStatus,
    result: z.unknown(),
    error: z.string().nullable(),
    durationMs: z.int().nullable(),
    approvalDeadline: Moment.nullable(),
    decidedBy: z.string().nullable(),
    childExecutionId: z.string().nullable(),
    areArgumentsCut: z.boolean().describe(CUT),
    isResultCut: z.boolean().describe(CUT),
  })
  .meta({ id: 'ExecutionToolCall' });

const summary = {
  executionId: z.string(),
  taskId: z.string(),
  agentId: z.string(),
  type: z.string().nullable(),
  action: z.string(),
  status: TaskStatus,
  error: TaskError.nullable(),
  durationMs: z.int().nullable(),
  tokenUsage: TokenUsage,
  costUsd: Cost,
  model: z.string().nullable(),
  createdAt: Moment,
  startedAt: Moment.nullable(),
  completedAt: Moment.nullable(),
};

/** A task, as `/api/agents` shows it. */
export const Execution = z
  .looseObject({
    ...summary,
    input: z.record(z.string(), z.unknown()),
    output: z.unknown(),
    toolCalls: z.array(ExecutionToolCall).describe('The latest 500, the newest last'),
    context: z
      .looseObject({
        agentName: z.string(),
        userId: z.string().nullable(),
        sessionId: z.string().nullable(),
        parentExecutionId: z.string().nullable(),
        metadata: z.record(z.string(), z.unknown()),
        run: z.looseObject({ workflowId: z.string(), url: z.string() }),
      })
      .describe('What it ran with'),
  })
  .meta({ id: 'Execution' });
export type Execution = z.infer<typeof Execution>;

/** The query of an execution history. */
export const HistoryFilter = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
});

/** What executions of a time came to. */
const Performance = z.looseObject({
  executions: z.int(),
  completed: z.int(),
  failed: z.int().describe('Failed or timed out'),
  cancelled: z.int(),
  successRate: z.number().nullable().describe('Of what completed or failed, 0 to 1; null where nothing did'),
  durationMs: z.looseObject({
    average: z.number().nullable(),
    p50: z.number().nullable(),
    p99: z.number().nullable(),
  }),
  tokenUsage: TokenUsage,
  costUsd: Cost,
});
const Failures = z.array(z.looseObject({ category: ErrorCategory, count: z.int(), latest: z.string() }));
const Trend = z.array(
  z.looseObject({
    from: Moment,
    executions: z.int(),
    completed: z.int(),
    failed: z.int(),
    averageMs: z.number().nullable(),
  }),
);

export const ExecutionHistory = z
  .looseObject({
    executions: z.array(z.looseObject(summary)),
    total: z.int(),
    limit: z.int(),
    offset: z.int(),
    performance: Performance.describe('The last 30 days'),
    errors: Failures.describe('The last 30 days'),
    trend: Trend.describe('The last 24 hours, by the hour'),
  })
  .meta({ id: 'ExecutionHistory' });

export const RuntimeMetricsFilter = z.object({ period: Period.default(86_400_000) });
export const RuntimeMetrics = z
  .looseObject({
    from: Moment,
    to: Moment,
    queueDepth: z.int().describe('Tasks that have not begun'),
    running: z.int(),
    totals: Performance,
    agents: z.array(
      z.looseObject({
        agentId: z.string(),
        name: z.string(),
        type: z.string().nullable(),
        health: z
          .enum(['healthy', 'degraded', 'unhealthy', 'idle'])
          .describe(
            'By the share of failures among what completed or failed: below 10 %, below 50 %, more; of nothing. What failed as `invalid_input`, `configuration` or `cancelled` is left out',
          ),
        performance: Performance,
        errors: Failures,
        metrics: z.record(z.string(), z.number()).describe('Its own, as its code counted them'),
        trend: Trend,
      }),
    ),
    tools: z.array(
      z.looseObject({
        name: z.string(),
        calls: z.int(),
        failed: z.int(),
        refused: z.int(),
        averageMs: z.number().nullable(),
      }),
    ),
    models: z.array(
      z.looseObject({
        provider: z.string(),
        model: z.string(),
        calls: z.int(),
        failed: z.int(),
        tokenUsage: TokenUsage,
        costUsd: Cost,
      }),
    ),
  })
  .meta({ id: 'RuntimeMetrics' });

/** An agent that can be given work. */
export const WorkingAgent = z
  .looseObject({
    agentId: z.string(),
    name: z.string(),
    type: z.string().nullable(),
    description: z.string().nullable(),
    isAvailable: z.boolean(),
    reason: z.string().nullable().describe('Why it is not available'),
    actions: z.array(
      z.looseObject({
        name: z.string(),
        description: z.string(),
        needsModel: z.boolean(),
        input: z.record(z.string(), z.unknown()).describe('JSON Schema'),
      }),
    ),
    tools: z.array(z.string()),
    model: z.string().nullable().describe('The one that would be asked first; null where none is set up'),
  })
  .meta({ id: 'WorkingAgent' });
export const WorkingAgents = z.looseObject({ agents: z.array(WorkingAgent), nextCursor: NextCursor });
export const WorkingAgentFilter = z.object({ ...pageQuery, type: Name.optional() });
