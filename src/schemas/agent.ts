import { z } from 'zod';
import { Action } from './action.js';
import { BrokerEndpoint } from './broker.js';
import { WebUrl } from './channel-fields.js';
import { Duration } from './duration.js';
import { Handler } from './handler.js';
import { ContainerState, HealthInterval, HealthState, Image, Resources, RestartPolicy } from './hosting.js';
import { freeForm, Moment, Name } from './identity.js';
import { Limits, LimitsChange } from './limits.js';
import { BusyPolicy } from './message.js';
import { NextCursor, pageQuery } from './page.js';
import { TopicPattern } from './topic.js';

export const AgentStatus = z.enum(['active', 'inactive', 'busy', 'suspended']);
export type AgentStatus = z.infer<typeof AgentStatus>;

export const Lifecycle = z.enum(['created', 'running', 'paused', 'stopped']);
export type Lifecycle = z.infer<typeof Lifecycle>;

export const Connection = z.enum(['online', 'busy', 'idle', 'offline']);
export type Connection = z.infer<typeof Connection>;

/** What an agent is told to be: its system prompt, and rules that are numbered when they reach it. */
export const InstructionText = z
  .strictObject({
    systemPrompt: z.string().max(64_000).default(''),
    guidelines: z.array(z.string().min(1).max(4_000)).max(100).default([]),
  })
  .meta({ id: 'InstructionText' });
export type InstructionText = z.infer<typeof InstructionText>;

/** The name of a tool: `read-file`. */
export const ToolName = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -')
  .meta({ id: 'ToolName', examples: ['read-file'] });

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const Environment = z
  .record(
    z.string().regex(VARIABLE, 'is not a name of a variable'),
    z
      .string()
      .max(8_192)
      .regex(/^[^\0\r\n]*$/, 'must be one line'),
  )
  .refine((variables) => Object.keys(variables).length <= 100, 'must not have more than 100 variables');

/** From so often on a heartbeat is expected; a session's deadline is `interval` × `missedAfter`. */
const SHORTEST_INTERVAL_MS = 1_000;
const LONGEST_INTERVAL_MS = 86_400_000;

const beating = {
  interval: Duration.refine(
    (millis) => millis >= SHORTEST_INTERVAL_MS && millis <= LONGEST_INTERVAL_MS,
    'must be from 1s to 1d',
  ),
  missedAfter: z.int().min(1).max(100).describe('Intervals without a heartbeat: the deadline'),
  onMissed: z.array(Action).max(20).describe('Run as those of a timer, once a silence'),
};

export const Heartbeat = z
  .strictObject({
    interval: beating.interval.default(60_000),
    missedAfter: beating.missedAfter.default(3),
    onMissed: beating.onMissed.default([]),
  })
  .meta({ id: 'Heartbeat' });
export type Heartbeat = z.infer<typeof Heartbeat>;

const MOST_TOPICS = 100;
const MOST_BROKERS = 10;

/** How an agent takes messages. */
const mail = {
  topics: z.array(TopicPattern).max(MOST_TOPICS).describe('What it subscribes to: `support.*`'),
  handler: Handler.nullish().describe(
    'What handles its messages here; without one the agent takes them itself',
  ),
  concurrency: z.int().min(1).max(100).describe('Messages that are handled at once; with 1 in their order'),
  busyPolicy: BusyPolicy,
  maxDeliveries: z.int().min(1).max(100).describe('A message that was refused so often is dead'),
  brokers: z
    .array(z.union([BrokerEndpoint, Name]))
    .max(MOST_BROKERS)
    .describe('Names or endpoints of brokers that carry its topics as well; none: internal'),
};

/** How an agent is run and looked after. */
const hosting = {
  image: Image.nullish().describe('It runs in a container of this image'),
  resources: Resources.nullish(),
  restartPolicy: RestartPolicy,
  healthUrl: WebUrl.nullish().describe('Asked in the interval while the agent is running: 2xx is healthy'),
  healthInterval: HealthInterval,
};

const given = {
  name: Name,
  type: Name.nullish(),
  description: z.string().max(2_000).nullish(),
  instruction: InstructionText.nullish(),
  tools: z.array(ToolName).max(200).describe('The only tools it gets; an empty list is none'),
  settings: freeForm(64),
  model: Name.nullish(),
  environment: Environment,
  limits: Limits,
  heartbeat: Heartbeat,
  ...mail,
  ...hosting,
};

const { name, tools, settings, environment, limits, heartbeat, ...further } = given;
const { topics, concurrency, busyPolicy, maxDeliveries, brokers, ...others } = further;
const { restartPolicy, healthInterval, ...optional } = others;
/** The body of `POST /agents`. */
export const AgentRequest = z
  .strictObject({
    name,
    ...optional,
    tools: tools.default([]),
    settings: settings.default({}),
    environment: environment.default({}),
    limits: limits.default({}),
    heartbeat: heartbeat.default({ interval: 60_000, missedAfter: 3, onMissed: [] }),
    topics: topics.default([]),
    concurrency: concurrency.default(1),
    busyPolicy: busyPolicy.default('queue'),
    maxDeliveries: maxDeliveries.default(5),
    brokers: brokers.default([]),
    restartPolicy: restartPolicy.default('on-failure'),
    healthInterval: healthInterval.default(30_000),
  })
  .meta({ id: 'AgentRequest' });
export type AgentRequest = z.infer<typeof AgentRequest>;

/**
 * The body of `PATCH /agents/:id`: what is given replaces what stood, `heartbeat` and `limits` part by part; `null` takes
 * away what may be missing, also a limit. A `***` in `settings` or `environment` keeps the secret that stands there.
 */
export const AgentChange = z
  .strictObject({ ...given, heartbeat: z.strictObject(beating).partial(), limits: LimitsChange })
  .partial()
  .meta({ id: 'AgentChange' });
export type AgentChange = z.infer<typeof AgentChange>;

/** An agent as people read it: secrets in `settings`, `environment` and actions are `***`. */
export const Agent = z
  .looseObject({
    id: z.string(),
    orgId: z.string(),
    name: z.string(),
    type: z.string().nullable(),
    description: z.string().nullable(),
    status: AgentStatus,
    lifecycle: Lifecycle,
    connection: Connection,
    lastHeartbeatAt: Moment.nullable(),
    metrics: z.record(z.string(), z.unknown()).nullable().describe('As the last heartbeat told'),
    instruction: z.looseObject({ systemPrompt: z.string(), guidelines: z.array(z.string()) }).nullable(),
    tools: z.array(z.string()),
    settings: z.record(z.string(), z.unknown()),
    environment: z.record(z.string(), z.string()),
    model: z.string().nullable(),
    limits: z.record(z.string(), z.unknown()).describe('`timeout` in ms'),
    isHosted: z.boolean().describe('It came with Mainspring or a plugin: its code runs in the workers'),
    heartbeat: z.looseObject({
      intervalMs: z.int(),
      missedAfter: z.int(),
      onMissed: z.array(z.looseObject({ type: z.string() })),
    }),
    topics: z.array(z.string()),
    handler: z.looseObject({ type: z.string() }).nullable(),
    concurrency: z.int(),
    busyPolicy: BusyPolicy,
    maxDeliveries: z.int(),
    brokers: z.array(z.string()),
    image: z.string().nullable(),
    resources: Resources.nullable(),
    restartPolicy: RestartPolicy,
    healthUrl: z.string().nullable(),
    healthIntervalMs: z.int(),
    container: ContainerState.nullable().describe('Of an agent with an image, once it was started'),
    health: HealthState.nullable().describe('As the latest check found it'),
    configVersion: z.int().describe('Raised by every change of what the agent is given'),
    createdAt: Moment,
    updatedAt: Moment,
    run: z.looseObject({ workflowId: z.string(), url: z.string() }),
  })
  .meta({ id: 'Agent' });
export type Agent = z.infer<typeof Agent>;

export const AgentAnswer = z.looseObject({ agent: Agent });
export const AgentPage = z.looseObject({ agents: z.array(Agent), nextCursor: NextCursor });
export const AgentFilter = z.object({
  ...pageQuery,
  name: Name.optional(),
  type: Name.optional(),
  status: AgentStatus.optional(),
  lifecycle: Lifecycle.optional(),
  connection: Connection.optional(),
});
export type AgentFilter = z.infer<typeof AgentFilter>;
