import type { Selectable } from 'kysely';
import type { Db } from './database.js';
import type { NotificationTable } from './tables-of-tools.js';

export type NotificationRow = Selectable<NotificationTable>;

export interface NewNotification {
  id: string;
  orgId: string;
  userId: string;
  title: string;
  body: string;
  level: NotificationRow['level'];
  /** The call of a tool that sends it. */
  createdBy: string;
  at: Date;
}

/** Writes a message to a user; one whose id is taken stays as it is. */
export async function insertNotification(db: Db, notification: NewNotification): Promise<void> {
  const { id, orgId, userId, title, body, level, createdBy, at } = notification;
  await db
    .insertInto('notifications')
    .values({
      ...{ id, org_id: orgId, user_id: userId, title, body, level },
      ...{ created_by: createdBy, created_at: at },
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
