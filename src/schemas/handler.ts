import { z } from 'zod';
import { Headers } from './action.js';
import { WebUrl } from './channel-fields.js';

/** A handler that comes with Mainspring or with a plugin. */
export const HandlerName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,63}$/, 'is not the name of a handler')
  .meta({ examples: ['chat', 'support', 'document'] });

const NEEDS_URL = 'webhook';

/** Somebody else's code: it is sent each message, and its answer is the reply. */
const WebhookHandler = z
  .strictObject({ type: z.literal(NEEDS_URL), url: WebUrl, headers: Headers.optional() })
  .meta({ id: 'WebhookHandler' });
const NamedHandler = z
  .strictObject({
    type: HandlerName.refine((name) => name !== NEEDS_URL, 'needs a url: {"type": "webhook", "url": …}'),
  })
  .meta({ id: 'NamedHandler' });

/** What handles the messages of an agent here: a name, or `{type: "webhook", url, headers?}`. */
export const Handler = z
  .union([HandlerName.transform((type) => ({ type })).pipe(NamedHandler), WebhookHandler, NamedHandler])
  .meta({ id: 'Handler' });
export type Handler = z.infer<typeof Handler>;
