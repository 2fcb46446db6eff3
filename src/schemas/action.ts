import { z } from 'zod';
import { EMAIL, MESSAGE, REDIS_STREAM, TEAMS, TELEGRAM, WebUrl } from './channel-fields.js';
import { Duration, Instant } from './duration.js';
import { freeForm, Labels, Name } from './identity.js';
import { hasPrompt, NO_PROMPT, TASK } from './task.js';

const HTTP_TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
const VISIBLE_TEXT = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Set by us or by the connection; a caller's own would break the delivery. */
const RESERVED_HEADERS =
  /^(?:host|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|proxy-.*|webhook-(?:id|timestamp|signature))$/i;

/** Headers of a caller's own. */
export const Headers = z
  .record(
    z
      .string()
      .regex(HTTP_TOKEN, 'is not a header name')
      .refine((name) => !RESERVED_HEADERS.test(name), 'is a header that Mainspring sets itself'),
    z.string().max(4096).regex(VISIBLE_TEXT, 'is not a header value'),
  )
  .refine((headers) => Object.keys(headers).length <= 30, 'must not have more than 30 headers');

/** How often and how soon a failed delivery is tried again. */
export const RetryPolicy = z
  .strictObject({
    maxAttempts: z.int().min(1).max(100).optional(),
    backoffInitialMs: z.int().min(1).max(86_400_000).optional(),
    backoffMultiplier: z.number().min(1).max(100).optional(),
    maxBackoffMs: z.int().min(1).max(604_800_000).optional(),
  })
  .meta({ id: 'RetryPolicy' });
export type RetryPolicy = z.infer<typeof RetryPolicy>;

/** Calls a URL. The body is `data` plus what the timer knows of itself. */
const webhook = {
  type: z.literal('webhook'),
  url: WebUrl,
  data: freeForm(64).optional(),
  headers: Headers.optional(),
  method: z.enum(['POST', 'PUT', 'PATCH']).default('POST'),
};

/** Writes one line to the worker's log, kept as the delivery's attempt. */
const log = { type: z.literal('log'), data: freeForm(64).optional() };

/** Signals a workflow of the caller's own organisation in the same namespace. */
const signal = {
  type: z.literal('signal'),
  workflowId: z.string().min(1).max(500),
  signal: z.string().min(1).max(200),
  args: z.array(z.unknown()).max(10).default([]),
};

/** In characters. One message of Telegram holds less, an e-mail all of it. */
const LONGEST_TEXT = 20_000;
/** What people are told: the timer's name, then this. */
const words = {
  text: z.string().min(1).max(LONGEST_TEXT).optional().describe('Said under the name of the timer'),
  data: freeForm(64).optional().describe('Added to the text as JSON'),
};
const telegram = { type: z.literal('telegram'), ...TELEGRAM, ...words };
const teams = { type: z.literal('teams'), ...TEAMS, ...words };
const email = { type: z.literal('email'), ...EMAIL, ...words };

/** Adds an entry to a stream: `timer_id`, and as `payload` the JSON that a webhook would be sent. */
const redisStream = { type: z.literal('redis_stream'), ...REDIS_STREAM, data: freeForm(64).optional() };

/** Sends an agent, or the subscribers of a topic, a message; its payload is the JSON that a webhook would be sent. */
const message = { type: z.literal('message'), ...MESSAGE, data: freeForm(64).optional() };
const ONE_ADDRESSEE = 'give exactly one of agentId and topic';
const hasOneAddressee = (to: { agentId?: unknown; topic?: unknown }) =>
  (to.agentId === undefined) !== (to.topic === undefined);

/** Gives an agent a task, as `POST /tasks` does; what is known of the timer is added to its metadata. */
const task = { type: z.literal('task'), ...TASK };

/** An action that ends with itself: what an escalation or a timer's timer may do. */
export const Effect = z
  .discriminatedUnion('type', [
    z.strictObject(webhook).meta({ id: 'WebhookEffect' }),
    z.strictObject(log).meta({ id: 'LogEffect' }),
    z.strictObject(signal).meta({ id: 'SignalEffect' }),
    z.strictObject(telegram).meta({ id: 'TelegramEffect' }),
    z.strictObject(teams).meta({ id: 'TeamsEffect' }),
    z.strictObject(email).meta({ id: 'EmailEffect' }),
    z.strictObject(redisStream).meta({ id: 'RedisStreamEffect' }),
    z
      .strictObject(message)
      .refine(hasOneAddressee, { path: ['agentId'], error: ONE_ADDRESSEE })
      .meta({ id: 'MessageEffect' }),
    z
      .strictObject(task)
      .refine(hasPrompt, { path: ['prompt'], error: NO_PROMPT })
      .meta({ id: 'TaskEffect' }),
  ])
  .meta({ id: 'Effect' });
export type Effect = z.infer<typeof Effect>;

const escalation = z
  .strictObject({
    afterAttempts: z.int().min(1).max(100).describe('Failed attempts after which the other action runs'),
    action: Effect,
  })
  .meta({ id: 'Escalation' })
  .optional();

/** `every` from the first `fireAt` on, until `count` or `until` is reached. */
export const Repeat = z
  .strictObject({
    every: Duration.refine((millis) => millis >= 1_000, 'must be at least 1s'),
    count: z.int().min(1).max(1_000_000).optional().describe('How often in all'),
    until: Instant.optional().describe('No occurrence after this moment'),
  })
  .meta({ id: 'Repeat' });
export type Repeat = z.infer<typeof Repeat>;

const bundleOf = <A extends z.ZodType>(action: A) =>
  z.strictObject({
    actions: z.array(action).max(20),
    concurrency: z.int().min(1).max(20).optional().describe('How many run at once; all by default'),
    retryPolicy: RetryPolicy.optional(),
  });

/** When a timer is due and what it carries along. */
export const dueFields = {
  duration: Duration.optional(),
  fireAt: Instant.optional(),
  metadata: freeForm(16).optional(),
  labels: Labels.optional(),
  repeat: Repeat.optional(),
};

export const EXACTLY_ONE_DUE = 'give exactly one of duration and fireAt';
export const hasOneDue = (timer: { duration?: unknown; fireAt?: unknown }) =>
  (timer.duration === undefined) !== (timer.fireAt === undefined);

/** Starts another timer when this one fires; whose it is and its name are taken from this one where left out. */
const timer = {
  type: z.literal('timer'),
  tenantId: Name.optional(),
  requestedBy: Name.optional(),
  name: Name.optional(),
  ...dueFields,
  actionBundle: bundleOf(Effect).optional(),
};

/** One thing that happens when a timer fires. */
export const Action = z
  .discriminatedUnion('type', [
    z.strictObject({ ...webhook, escalation }).meta({ id: 'WebhookAction' }),
    z.strictObject({ ...log, escalation }).meta({ id: 'LogAction' }),
    z.strictObject({ ...signal, escalation }).meta({ id: 'SignalAction' }),
    z.strictObject({ ...telegram, escalation }).meta({ id: 'TelegramAction' }),
    z.strictObject({ ...teams, escalation }).meta({ id: 'TeamsAction' }),
    z.strictObject({ ...email, escalation }).meta({ id: 'EmailAction' }),
    z.strictObject({ ...redisStream, escalation }).meta({ id: 'RedisStreamAction' }),
    z
      .strictObject({ ...message, escalation })
      .refine(hasOneAddressee, { path: ['agentId'], error: ONE_ADDRESSEE })
      .meta({ id: 'MessageAction' }),
    z
      .strictObject({ ...task, escalation })
      .refine(hasPrompt, { path: ['prompt'], error: NO_PROMPT })
      .meta({ id: 'TaskAction' }),
    z
      .strictObject({ ...timer, escalation })
      .refine(hasOneDue, { path: ['duration'], error: EXACTLY_ONE_DUE })
      .meta({ id: 'TimerAction' }),
  ])
  .meta({ id: 'Action' });
export type Action = z.infer<typeof Action>;

/** What happens when a timer fires. */
export const ActionBundle = bundleOf(Action).meta({ id: 'ActionBundle' });
export type ActionBundle = z.infer<typeof ActionBundle>;
