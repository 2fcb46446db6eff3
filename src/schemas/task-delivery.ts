import { z } from 'zod';
import { WebUrl } from './action.js';

/** What each channel needs to know, under the names that timers' actions and tasks' deliveries share. */
export const TELEGRAM = {
  telegram_bot_token: z
    .string()
    .regex(/^\d{1,20}:[A-Za-z0-9_.-]{1,200}$/, 'is not the token of a bot, such as 123456:ABC-DEF'),
  telegram_chat_id: z
    .union([
      z.int(),
      z
        .string()
        .regex(
          /^(?:@[A-Za-z0-9_]{4,64}|-?\d{1,20})$/,
          'must be the number of a chat, or @ and the name of a channel',
        ),
    ])
    .describe('Number of a chat, or `@` and the name of a channel'),
};
export const TEAMS = {
  teams_webhook_url: WebUrl.describe('Of a workflow that waits for webhook requests'),
};
/** A receiving server may refuse more at once. */
const MOST_RECIPIENTS = 100;
export const EMAIL = {
  email_recipients: z.array(z.email().max(320)).min(1).max(MOST_RECIPIENTS),
  email_subject: z
    .string()
    .min(1)
    .max(250)
    .regex(/^[^\r\n]*$/, 'must be one line')
    .optional(),
};
export const REDIS_STREAM = {
  response_stream: z.string().min(1).max(200).optional().describe('By default `RESULT_STREAM`'),
};

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
