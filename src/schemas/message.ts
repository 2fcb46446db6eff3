import { z } from 'zod';
import { Duration, Instant } from './duration.js';
import { freeForm, Moment, Name, OwnId } from './identity.js';
import { NextCursor, pageQuery } from './page.js';
import { Topic } from './topic.js';

/** How long a message waits to be handled, where nobody says otherwise: for ever. */
const LONGEST_TTL_MS = 90 * 86_400_000;
/** A lease is this long where nobody says otherwise. */
export const DEFAULT_LEASE_MS = 30_000;
const LONGEST_LEASE_MS = 3_600_000;
const LONGEST_ERROR = 2_000;

/**
 * What became of a message at one agent: it waits (`queued`), is with the agent (`delivered`), was handled
 * (`processed`), could not be handled (`failed`), or was given up (`dead`: refused too often, or too old).
 */
export const ReceiptStatus = z.enum(['queued', 'delivered', 'processed', 'failed', 'dead']);
export type ReceiptStatus = z.infer<typeof ReceiptStatus>;

/** What an agent does with a message that comes while it has its hands full. */
export const BusyPolicy = z
  .enum(['queue', 'reject', 'interrupt'])
  .describe(
    '`queue`: it waits its turn; `reject`: it is refused; `interrupt`: what is being handled is given up for it',
  );
export type BusyPolicy = z.infer<typeof BusyPolicy>;

/** Unix time in whole seconds. */
const UnixSeconds = z.int().min(0).max(253_402_300_799);

const envelope = {
  id: OwnId.optional().describe('Your own; the same one with the same body is the same message'),
  from: Name.optional().describe('Who sends it: by default `api`; an agent always sends as itself'),
  type: Name,
  payload: freeForm(256).default({}),
  timestamp: UnixSeconds.optional().describe('Unix time in seconds, kept as sent; by default now'),
  replyTo: Topic.nullish().describe('Where a reply goes besides: the id of an agent, or a topic'),
  ttl: Duration.refine((millis) => millis <= LONGEST_TTL_MS, 'must be at most 90d')
    .optional()
    .describe('After so long it is dead where it still waits'),
};

/** The body of `POST /agents/:id/messages`. */
export const MessageRequest = z
  .strictObject({ ...envelope, topic: Topic.optional() })
  .meta({ id: 'MessageRequest' });
export type MessageRequest = z.infer<typeof MessageRequest>;

/** The body of `POST /topics/:topic/messages`; a topic in it must be the path's. */
export const PublishRequest = MessageRequest.meta({ id: 'PublishRequest' });

/** A message as it travels to agents and through brokers. */
export const Envelope = z
  .looseObject({
    id: z.string(),
    topic: z.string().nullable(),
    from: z.string(),
    type: z.string(),
    payload: z.record(z.string(), z.unknown()),
    timestamp: UnixSeconds,
    replyTo: z.string().nullable(),
    inReplyTo: z.string().nullable().describe('The message that this one answers'),
  })
  .meta({ id: 'Envelope' });
export type Envelope = z.infer<typeof Envelope>;

/** What became of a message at one agent. */
export const Receipt = z
  .looseObject({
    agentId: z.string(),
    status: ReceiptStatus,
    deliveries: z.int().describe('How often the agent was given it'),
    error: z.string().nullable(),
    reply: z.record(z.string(), z.unknown()).nullable().describe('What the agent answered'),
    replyId: z.string().nullable().describe('The message that carries the answer'),
    taskId: z.string().nullable().describe('The execution that handles it, of an agent with a handler'),
    queuedAt: Moment,
    deliveredAt: Moment.nullable(),
    endedAt: Moment.nullable(),
  })
  .meta({ id: 'Receipt' });
export type Receipt = z.infer<typeof Receipt>;

/** A message with its receipts: one for each agent that it is for. */
export const Message = z
  .looseObject({
    ...Envelope.shape,
    createdAt: Moment,
    expiresAt: Moment.nullable(),
    receipts: z.array(Receipt).describe('The first 500'),
  })
  .meta({ id: 'Message' });
export type Message = z.infer<typeof Message>;

export const MessageAnswer = z.looseObject({ message: Message });
export const MessagePage = z.looseObject({ messages: z.array(Message), nextCursor: NextCursor });
export const MailFilter = z.object({ ...pageQuery, status: ReceiptStatus.optional() });
export type MailFilter = z.infer<typeof MailFilter>;

/** A message as the history of its topic shows it. */
export const PublishedMessage = z
  .looseObject({
    ...Envelope.shape,
    cursor: z.string().describe('Of the history: what comes after it can be read by it at any time'),
  })
  .meta({ id: 'PublishedMessage' });
export const TopicHistory = z.looseObject({ messages: z.array(PublishedMessage), nextCursor: NextCursor });

const Lease = Duration.refine((millis) => millis <= LONGEST_LEASE_MS, 'must be at most 1h');

/** A message that an agent holds until its lease runs out. */
export const LeasedMessage = z
  .looseObject({
    ...Envelope.shape,
    leaseId: z.string(),
    leasedUntil: Moment,
    delivery: z.int().describe('The how manieth time it is given'),
  })
  .meta({ id: 'LeasedMessage' });
export type LeasedMessage = z.infer<typeof LeasedMessage>;
export const Inbox = z.looseObject({ messages: z.array(LeasedMessage) });

const QueryDuration = z
  .string()
  .max(64)
  .transform((text) => (/^\d+$/.test(text) ? Number(text) : text));

/** The query of `GET /agents/:id/inbox` besides `wait`. */
export const inboxQuery = {
  max: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe("At most the agent's `concurrency` are out"),
  lease: QueryDuration.pipe(Lease)
    .default(DEFAULT_LEASE_MS)
    .describe('How long they are held: by default `30s`'),
};

const leaseId = z
  .string()
  .min(1)
  .max(100)
  .optional()
  .describe('Of the lease; without it the one that the agent has. With an API key it is needed');
export const ReceiptAnswer = z.looseObject({ receipt: Receipt });
export const LeaseAnswer = z.looseObject({ leaseId: z.string(), leasedUntil: Moment });

/** The body of `POST /agents/:id/messages/redeliver`. */
export const BulkResending = z
  .strictObject({
    status: z.enum(['dead', 'failed']),
    since: Instant.optional().describe('Only what ended from then on'),
  })
  .meta({ id: 'BulkResending' });
export const ResendingAnswer = z.looseObject({
  redelivered: z.int().describe('At most 10,000 at once: repeat the call while it is that many'),
});

/** The body of `POST /messages/:id/ack`. */
export const Acknowledgement = z
  .strictObject({ leaseId, reply: freeForm(256).nullish() })
  .meta({ id: 'Acknowledgement' });
/** The body of `POST /messages/:id/nack`. */
export const Refusal = z
  .strictObject({
    leaseId,
    error: z.string().max(LONGEST_ERROR).optional(),
    delay: Duration.refine((millis) => millis <= 86_400_000, 'must be at most 1d')
      .optional()
      .describe('It comes again after so long; by default after 1 s, 2 s, 4 s, … at most 60 s'),
  })
  .meta({ id: 'Refusal' });
/** The body of `POST /messages/:id/extend`. */
export const Extension = z
  .strictObject({ leaseId, lease: Lease.default(DEFAULT_LEASE_MS) })
  .meta({ id: 'Extension' });
