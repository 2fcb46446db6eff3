import { z } from 'zod';
import { WebUrl } from './channel-fields.js';
import { Moment } from './identity.js';
import { NextCursor, pageQuery } from './page.js';

export const EventType = z.enum([
  'timer.created',
  'timer.rescheduled',
  'timer.fired',
  'timer.cancelled',
  'timer.failed',
  'delivery.delivered',
  'delivery.failed',
  'delivery.dead',
  'delivery.endpoint_disabled',
  'agent.created',
  'agent.updated',
  'agent.deleted',
  'agent.credentials_regenerated',
  'agent.started',
  'agent.paused',
  'agent.resumed',
  'agent.stopped',
  'agent.connected',
  'agent.disconnected',
  'agent.health_checked',
  'agent.health_check_failed',
  'agent.status_changed',
  'message.received',
  'message.processed',
  'message.failed',
  'broker.created',
  'broker.connected',
  'broker.unreachable',
  'broker.updated',
  'broker.deleted',
  'task.queued',
  'task.started',
  'task.model_called',
  'task.tool_called',
  'task.awaiting_approval',
  'task.approval_decided',
  'task.completed',
  'task.failed',
  'task.cancelled',
  'task.timed_out',
]);
export type EventType = z.infer<typeof EventType>;

/** A fact that was appended to the ledger. */
export const Event = z
  .looseObject({
    id: z.string().describe('The cursor after which the next event stands'),
    type: EventType,
    subject: z.string().describe('The id of what it tells of'),
    data: z.record(z.string(), z.unknown()),
    at: Moment,
  })
  .meta({ id: 'Event' });
export type Event = z.infer<typeof Event>;

export const EventPage = z.looseObject({ events: z.array(Event), nextCursor: NextCursor });
export const EventFilter = z.object({
  ...pageQuery,
  type: z.string().max(100).optional().describe('An event type, or a prefix such as `timer.*`'),
  subject: z.string().min(1).max(200).optional(),
  order: z.enum(['asc', 'desc']).optional().describe('`desc`: the newest first'),
});
export type EventFilter = z.infer<typeof EventFilter>;

const FAMILIES = [...new Set(EventType.options.map((type) => `${type.split('.')[0]}.*`))];
const TypePattern = z
  .union([EventType, z.enum(FAMILIES), z.literal('*')], {
    error: `must be \`*\`, a type of event, or one of ${FAMILIES.join(', ')}`,
  })
  .meta({ examples: ['timer.*'] });

export const SubscriptionRequest = z
  .strictObject({ url: WebUrl, types: z.array(TypePattern).min(1).max(50) })
  .meta({ id: 'SubscriptionRequest' });
export type SubscriptionRequest = z.infer<typeof SubscriptionRequest>;

/** A URL that is told of events. */
export const Subscription = z
  .looseObject({ id: z.string(), url: z.string(), types: z.array(z.string()), createdAt: Moment })
  .meta({ id: 'Subscription' });
export type Subscription = z.infer<typeof Subscription>;
export const SubscriptionAnswer = z.looseObject({ subscription: Subscription });
export const SubscriptionList = z.looseObject({ subscriptions: z.array(Subscription) });
