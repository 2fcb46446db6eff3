import { z } from 'zod';
import { Topic } from './topic.js';

/** An address that a request may be sent to. Whether it leads inwards is checked where it is used. */
export const WebUrl = z
  .string()
  .max(2048)
  .refine((text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    return url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '';
  }, 'must be an absolute http or https URL')
  .meta({ id: 'WebUrl', format: 'uri', examples: ['https://agents.example.com/hook'] });
export type WebUrl = z.infer<typeof WebUrl>;

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
  email_recipients: z.array(z.email('is not an e-mail address').max(320)).min(1).max(MOST_RECIPIENTS),
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
export const MESSAGE = {
  agentId: z.string().min(1).max(200).optional(),
  topic: Topic.optional(),
  messageType: z.string().min(1).max(200).default('timer').describe('The `type` of the message'),
};
