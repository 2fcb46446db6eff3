import { z } from 'zod';
import { defineHandler } from '../../plugin/define-handler.js';
import { postMessage } from '../../tools/mail/post-message.js';

/** Somebody else's code: the message goes to the agent's URL, what that answers is the reply. */
export const webhook = defineHandler({
  name: 'webhook',
  description: "Sends the message, signed, to the handler's `url`; its JSON answer is the reply",
  payload: z.looseObject({}),
  run: (_, context) => context.callTool(postMessage.name),
});
