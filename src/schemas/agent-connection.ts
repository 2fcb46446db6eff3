import { z } from 'zod';
import { Lifecycle, ToolName } from './agent.js';
import { Duration } from './duration.js';
import { Moment, Name } from './identity.js';
import { NextCursor } from './page.js';
import { Period } from './period.js';

/** How long the old secret and its tokens go on after a new one was made: at most a week. */
export const Regeneration = z
  .strictObject({
    overlap: Duration.refine((millis) => millis <= 604_800_000, 'must be at most 7d').optional(),
  })
  .meta({ id: 'Regeneration' });

export const Credentials = z
  .looseObject({
    agentId: z.string(),
    secret: z.string().describe('Shown once'),
    envConfig: z.string().describe('A complete .env of the agent'),
    installScript: z.string().describe('A bash script that installs and starts a client'),
  })
  .meta({ id: 'Credentials' });

const Count = z.int().min(0).max(1_000_000);
const Outcomes = z.strictObject({ succeeded: Count.default(0), failed: Count.default(0) });

/** The body of `POST /agents/:id/connect`. */
export const ConnectRequest = z
  .strictObject({
    secret: z.string().min(1).max(200),
    context: Name.optional().describe('Which context instructions are merged in'),
  })
  .meta({ id: 'ConnectRequest' });

/** What an agent works with, secrets in full. */
export const AgentConfig = z
  .looseObject({
    instruction: z
      .string()
      .describe('Organisation-wide, its own, of the context; then the guidelines, numbered'),
    tools: z.array(
      z.looseObject({
        _id: z.string(),
        name: z.string(),
        description: z.string(),
        schema: z.record(z.string(), z.unknown()),
      }),
    ),
    agent: z.looseObject({ id: z.string(), name: z.string(), orgId: z.string() }),
    model: z.string().nullable(),
    settings: z.record(z.string(), z.unknown()),
    environment: z.record(z.string(), z.string()),
    heartbeat: z.looseObject({ intervalMs: z.int().describe('So often a heartbeat is expected') }),
    configVersion: z.int(),
  })
  .meta({ id: 'AgentConfig' });
export type AgentConfig = z.infer<typeof AgentConfig>;

export const AgentToken = z.looseObject({ token: z.string(), expiresAt: Moment }).meta({ id: 'AgentToken' });
export const ConnectAnswer = z
  .looseObject({ ...AgentConfig.shape, ...AgentToken.shape })
  .meta({ id: 'Connected' });

const MOST_METRICS = 100;
const Metrics = z
  .record(z.string().min(1).max(64), z.number())
  .refine((metrics) => Object.keys(metrics).length <= MOST_METRICS, {
    error: `is larger than ${MOST_METRICS} metrics`,
    params: { code: 'too_large' },
  });

/** The body of `POST /agents/:id/heartbeat`. */
export const HeartbeatRequest = z
  .strictObject({
    status: z.enum(['online', 'busy', 'idle']),
    metrics: Metrics.optional(),
    toolUse: z
      .record(ToolName, Outcomes)
      .refine((tools) => Object.keys(tools).length <= 200, 'must not name more than 200 tools')
      .optional()
      .describe('Calls of tools since the last heartbeat'),
    outcomes: Outcomes.optional().describe(
      'Of its work since the last heartbeat; counted for the instruction variants it works with',
    ),
  })
  .meta({ id: 'HeartbeatRequest' });
export type HeartbeatRequest = z.infer<typeof HeartbeatRequest>;

/** What an agent is to do, as long as it is told so. */
export const AgentCommand = z.enum(['pause', 'stop']);
export type AgentCommand = z.infer<typeof AgentCommand>;

export const HeartbeatAnswer = z
  .looseObject({
    success: z.literal(true),
    configVersion: z.int().describe('Another than the one you have: read `/config` again'),
    lifecycle: Lifecycle,
    commands: z.array(AgentCommand).optional(),
  })
  .meta({ id: 'HeartbeatAnswer' });

export const SessionEnd = z.enum(['disconnected', 'silent', 'replaced', 'suspended', 'deleted', 'revoked']);
export type SessionEnd = z.infer<typeof SessionEnd>;

/** One connection of an agent, from its connect to its end. */
export const AgentSession = z
  .looseObject({
    id: z.string(),
    context: z.string().nullable(),
    connectedAt: Moment,
    lastHeartbeatAt: Moment.nullable(),
    heartbeats: z.int(),
    endedAt: Moment.nullable(),
    endReason: SessionEnd.nullable(),
  })
  .meta({ id: 'AgentSession' });
export type AgentSession = z.infer<typeof AgentSession>;
export const AgentHistory = z.looseObject({ sessions: z.array(AgentSession), nextCursor: NextCursor });

export const AnalyticsFilter = z.object({ period: Period.default(86_400_000) });
export const AgentAnalytics = z
  .looseObject({
    from: Moment,
    to: Moment,
    uptime: z.number().describe('Share of the time since `from` (or its creation) in which it was connected'),
    connectedMs: z.int(),
    sessions: z.int(),
    silences: z.int().describe('Sessions that ended because heartbeats stayed out'),
    missedHeartbeats: z.int().describe('Expected by the interval and not received, while it was connected'),
    tools: z.array(z.looseObject({ name: z.string(), succeeded: z.int(), failed: z.int() })),
    variants: z.array(
      z.looseObject({
        instructionId: z.string(),
        variant: z.string(),
        succeeded: z.int(),
        failed: z.int(),
      }),
    ),
  })
  .meta({ id: 'AgentAnalytics' });
export type AgentAnalytics = z.infer<typeof AgentAnalytics>;
