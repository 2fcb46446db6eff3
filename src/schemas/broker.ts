import { z } from 'zod';
import { Moment, Name } from './identity.js';

export const BrokerKind = z.enum(['amqp', 'nats']);
export type BrokerKind = z.infer<typeof BrokerKind>;

/** `unreachable` while it cannot be connected to: that is tried again and again. */
export const BrokerStatus = z.enum(['connecting', 'connected', 'unreachable']);
export type BrokerStatus = z.infer<typeof BrokerStatus>;

/** `amq://` is an alias of `amqp://`. */
export const BrokerEndpoint = z
  .url({ protocol: /^(amq|amqps?|nats|tls)$/i, error: 'must be a URL: amqp://, amqps:// or nats://' })
  .max(2_000)
  .meta({ id: 'BrokerEndpoint', examples: ['amqp://broker.example.com:5672'] });

export const BrokerConfig = z
  .strictObject({
    workerPoolSize: z.int().min(1).max(1_000).default(10).describe('Messages that are taken at once'),
    messageTimeout: z.int().min(1).max(3_600).default(60).describe('For one message, in seconds'),
    exchange: z
      .string()
      .max(100)
      .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/)
      .default('mainspring')
      .describe(
        'The topic exchange (AMQP), or the stream (NATS), whose subjects are `<exchange>.topics.<topic>`; without dots there',
      ),
  })
  .meta({ id: 'BrokerConfig' });
export type BrokerConfig = z.infer<typeof BrokerConfig>;

/** The body of `POST /brokers`. */
export const BrokerRequest = z
  .strictObject({
    name: Name.regex(/^[A-Za-z0-9._-]+$/, 'must be of A-Z a-z 0-9 . _ -'),
    kind: BrokerKind.optional().describe("By default what the endpoints' scheme says"),
    endpoints: z.array(BrokerEndpoint).min(1).max(10).describe('Of one broker: tried in turn'),
    config: BrokerConfig.default(BrokerConfig.parse({})),
  })
  .meta({ id: 'BrokerRequest' });
export type BrokerRequest = z.infer<typeof BrokerRequest>;

/** The body of `PATCH /brokers/:id`: what is left out stays. */
export const BrokerChange = z
  .strictObject({
    endpoints: BrokerRequest.shape.endpoints
      .optional()
      .describe('All of them, of the same broker; `***` keeps the credentials of one that stays'),
    config: z
      .strictObject({
        workerPoolSize: z.int().min(1).max(1_000).optional(),
        messageTimeout: z.int().min(1).max(3_600).optional(),
      })
      .optional()
      .describe('Field by field; the exchange stays what it is'),
  })
  .meta({ id: 'BrokerChange' });
export type BrokerChange = z.infer<typeof BrokerChange>;

/** A broker outside, as people read it: credentials in endpoints are `***`. */
export const Broker = z
  .looseObject({
    id: z.string(),
    name: z.string(),
    kind: BrokerKind,
    endpoints: z.array(z.string()),
    config: BrokerConfig,
    status: BrokerStatus,
    error: z.string().nullable().describe('Why it is unreachable'),
    agents: z.array(z.looseObject({ id: z.string(), name: z.string() })).describe('Whose topics it carries'),
    createdAt: Moment,
    run: z.looseObject({ workflowId: z.string(), url: z.string() }),
  })
  .meta({ id: 'Broker' });
export type Broker = z.infer<typeof Broker>;
export const BrokerAnswer = z.looseObject({ broker: Broker });
export const BrokerList = z.looseObject({ brokers: z.array(Broker) });
