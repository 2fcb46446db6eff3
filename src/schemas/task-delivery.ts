import { z } from 'zod';
import { EMAIL, REDIS_STREAM, TEAMS, TELEGRAM, WebUrl } from './channel-fields.js';

/** One way to tell somebody what a task came to. */
export const TaskDelivery = z
  .discriminatedUnion('channel', [
    z.strictObject({ channel: z.literal('log') }),
    z.strictObject({ channel: z.literal('webhook'), webhook_url: WebUrl }),
    z.strictObject({ channel: z.literal('telegram'), ...TELEGRAM }),
    z.strictObject({ channel: z.literal('teams'), ...TEAMS }),
    z.strictObject({ channel: z.literal('email'), ...EMAIL }),
    z.strictObject({ channel: z.literal('redis_stream'), ...REDIS_STREAM }),
  ])
  .meta({ id: 'TaskDelivery' });
export type TaskDelivery = z.infer<typeof TaskDelivery>;

const MOST_DELIVERIES = 10;
/** Where the result of a task goes: one channel or several. */
export const TaskDeliveries = z
  .union([TaskDelivery, z.array(TaskDelivery).max(MOST_DELIVERIES)])
  .transform((given) => (Array.isArray(given) ? given : [given]));
