import type { AgentRow } from '../db/agents.js';
import type { Db } from '../db/database.js';
import { openMail } from '../db/mail.js';
import { notify } from '../db/notify.js';
import { endedNotices } from '../domain/ended-notice.js';

/** Tells whoever waits for messages of an agent that is about to be deleted: nobody handles them any more. */
export async function dropMail(
  tx: Db,
  { id, org_id: orgId }: Pick<AgentRow, 'id' | 'org_id'>,
): Promise<void> {
  for (const notice of endedNotices(orgId, await openMail(tx, id))) await notify(tx, 'ended', notice);
}
