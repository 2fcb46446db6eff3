import { z } from 'zod';
import { Instant } from './duration.js';
import { Moment } from './identity.js';
import { NextCursor, pageQuery } from './page.js';

/** How a delivery reaches its receiver. */
export const Channel = z.enum([
  'webhook',
  'log',
  'signal',
  'timer',
  'telegram',
  'teams',
  'email',
  'redis_stream',
  'broker',
  'message',
  'task',
]);
export type Channel = z.infer<typeof Channel>;

/**
 * What a channel is called with, frozen with its delivery. Header values, a bot's token, the URL of a Teams workflow and
 * any other URL with credentials in it are sealed.
 */
export interface DeliveryRequest {
  method?: string;
  url?: string;
  headers?: Record<string, string>;
  workflowId?: string;
  signal?: string;
  botToken?: string;
  chatId?: string | number;
  recipients?: string[];
  subject?: string;
  stream?: string;
  brokerId?: string;
  topic?: string;
  messageId?: string;
  agentId?: string;
  messageType?: string;
}

export const DeliveryStatus = z.enum(['pending', 'delivered', 'dead']);
export type DeliveryStatus = z.infer<typeof DeliveryStatus>;

/** One try to reach a receiver. */
export const Attempt = z
  .looseObject({
    number: z.int(),
    at: Moment,
    durationMs: z.int(),
    statusCode: z.int().optional(),
    error: z.string().optional(),
    answer: z.string().optional().describe('The first KB of what came back'),
    settled: z
      .array(z.string())
      .optional()
      .describe('Recipients of an e-mail that have it, or never will: the next attempt is for the others'),
  })
  .meta({ id: 'Attempt' });
export type Attempt = z.infer<typeof Attempt>;

const summary = {
  id: z
    .string()
    .describe(
      'The `webhook-id` of every attempt: `<timer id>.<occurrence>.<action>` for timers, `<task id>.result.<index>` for results of tasks, `<message id>.broker.<broker id>` for messages',
    ),
  timerId: z.string().nullable(),
  taskId: z.string().nullable(),
  subscriptionId: z.string().nullable(),
  channel: Channel,
  status: DeliveryStatus,
  receiver: z
    .string()
    .describe(
      "Scheme, host and port that are called; `telegram:<bot's number>`; `broker:<its id>`; else the name of the channel",
    ),
  attemptCount: z.int(),
  createdAt: Moment,
  nextAttemptAt: Moment.nullable(),
  endedAt: Moment.nullable(),
  lastStatusCode: z.int().nullable(),
  lastError: z.string().nullable(),
};

export const DeliverySummary = z.looseObject(summary).meta({ id: 'DeliverySummary' });
export type DeliverySummary = z.infer<typeof DeliverySummary>;

/** A delivery with its attempts, as it is answered. */
export const Delivery = z
  .looseObject({
    ...summary,
    url: z.string().nullable().describe('Credentials in it read `***`'),
    attempts: z.array(Attempt),
    run: z.looseObject({ workflowId: z.string(), url: z.string() }).nullable(),
  })
  .meta({ id: 'Delivery' });
export type Delivery = z.infer<typeof Delivery>;

export const DeliveryAnswer = z.looseObject({ delivery: Delivery });
export const DeliveryPage = z.looseObject({ deliveries: z.array(DeliverySummary), nextCursor: NextCursor });

export const DeliveryFilter = z.object({
  ...pageQuery,
  status: DeliveryStatus.optional(),
  timerId: z.string().min(1).max(128).optional(),
  taskId: z.string().min(1).max(128).optional(),
});
export type DeliveryFilter = z.infer<typeof DeliveryFilter>;

/** The body of `POST /deliveries/redeliver`: dead ones since a moment go out again. */
export const BulkRedelivery = z.strictObject({ status: z.literal('dead'), since: Instant });
