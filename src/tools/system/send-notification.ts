import { z } from 'zod';
import { insertNotification } from '../../db/notifications.js';
import { InvalidInput } from '../../plugin/define-tool.js';
import { defineBuiltin } from '../builtin.js';
import { idOfCall } from '../id-of-call.js';

export const sendNotification = defineBuiltin({
  name: 'send_notification',
  version: '1.0',
  category: 'system',
  description: 'Puts a message before a user, inside the product. Answers its id.',
  isRepeatable: true,
  schema: z.strictObject({
    user_id: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Whom it is for; by default the user whom the task is for'),
    title: z.string().trim().min(1).max(200),
    body: z.string().trim().min(1).max(5_000),
    level: z.enum(['info', 'warning', 'critical']).default('info'),
  }),
  async execute({ user_id: given, title, body, level }, context) {
    const { database, orgId, callId, now } = context;
    const userId = given ?? context.userId;
    if (userId === null) throw new InvalidInput('user_id is needed: the task is for no user');
    const id = idOfCall(context);
    const notification = { id, orgId, userId, title, body, level, createdBy: callId, at: new Date(now()) };
    await insertNotification(database.db, notification);
    return { notification_id: id, user_id: userId, level };
  },
});
