import { z } from 'zod';
import { defineHandler } from '../../plugin/define-handler.js';
import { Prompt } from '../../schemas/task.js';

const Label = z.string().min(1).max(200);

/** Talks: what was said goes to the agent's model, which remembers the session. */
export const chat = defineHandler({
  name: 'chat',
  description: "Asks the agent's model what `content` says; messages of one session remember each other",
  payload: z.looseObject({ content: Prompt, user_id: Label.nullish(), session_id: Label.nullish() }),
  sessionOf: ({ session_id: session, user_id: user }) => session ?? user,
  userOf: ({ user_id: user }) => user,
  prompt: ({ payload }) => payload.content,
});
