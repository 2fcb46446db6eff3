import { sql } from 'kysely';
import type { Db } from './database.js';
import type { ReceiptRow } from './messages.js';

/** Which lease of a message: by its id, or the one that an agent has of it. */
export interface LeaseQuery {
  orgId: string;
  messageId: string;
  /** Only one of this agent's. */
  agentId?: string | undefined;
  leaseId?: string | undefined;
}

/** A receipt that is leased, whether or not its time is over: until somebody else looks it is with whoever had it. */
export async function findLease(
  db: Db,
  { orgId, messageId, agentId, leaseId }: LeaseQuery,
): Promise<ReceiptRow | undefined> {
  let query = db
    .selectFrom('receipts')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('message_id', '=', messageId)
    .where(sql<boolean>`status = 'delivered'`)
    .where('leased_until', 'is not', null);
  if (agentId !== undefined) query = query.where('agent_id', '=', agentId);
  if (leaseId !== undefined) query = query.where('lease_id', '=', leaseId);
  return query.executeTakeFirst();
}

/** Moves the end of a lease; false where it is no longer held. */
export async function extendLease(
  db: Db,
  { org_id, message_id, agent_id, lease_id }: ReceiptRow,
  until: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('receipts')
    .set({ leased_until: until })
    .where('org_id', '=', org_id)
    .where('message_id', '=', message_id)
    .where('agent_id', '=', agent_id)
    .where(sql<boolean>`status = 'delivered'`)
    .where('lease_id', '=', lease_id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
