import { sql } from 'kysely';
import type { ReceiptStatus } from '../schemas/message.js';
import type { Db } from './database.js';
import type { ReceiptRow } from './messages.js';

/** How many messages wait at an agent, and how many are with it. */
export async function countOpen(db: Db, agentId: string): Promise<{ queued: number; delivered: number }> {
  const { queued, delivered } = await db
    .selectFrom('receipts')
    .select(({ fn }) => [
      fn.countAll<number>().filterWhere('status', '=', 'queued').as('queued'),
      fn.countAll<number>().filterWhere('status', '=', 'delivered').as('delivered'),
    ])
    .where('agent_id', '=', agentId)
    .where(sql<boolean>`status in ('queued', 'delivered')`)
    .executeTakeFirstOrThrow();
  return { queued: Number(queued), delivered: Number(delivered) };
}

export interface ReceiptChange {
  status: ReceiptStatus;
  error: string | null;
  reply?: Record<string, unknown> | null;
  replyId?: string | null;
  /** Of one that waits again. */
  availableAt?: Date;
}

/** Ends a delivery, if the receipt is still with whoever had it; undefined where it is not. */
export async function endDelivery(
  tx: Db,
  receipt: Pick<ReceiptRow, 'org_id' | 'message_id' | 'agent_id' | 'lease_id'>,
  { status, error, reply, replyId, availableAt }: ReceiptChange,
  at: Date,
): Promise<ReceiptRow | undefined> {
  return tx
    .updateTable('receipts')
    .set({
      ...{ status, error, lease_id: null, leased_until: null },
      ...(reply === undefined ? {} : { reply: JSON.stringify(reply) }),
      ...(replyId === undefined ? {} : { reply_id: replyId }),
      ...(status === 'queued' ? { available_at: availableAt ?? at } : { ended_at: at }),
    })
    .where('org_id', '=', receipt.org_id)
    .where('message_id', '=', receipt.message_id)
    .where('agent_id', '=', receipt.agent_id)
    .where('status', '=', 'delivered')
    .where(sql<boolean>`lease_id is not distinct from ${receipt.lease_id}`)
    .returningAll()
    .executeTakeFirst();
}

/** What is with an agent now. */
export async function deliveredTo(db: Db, agentId: string): Promise<ReceiptRow[]> {
  return db
    .selectFrom('receipts')
    .selectAll()
    .where('agent_id', '=', agentId)
    .where('status', '=', 'delivered')
    .orderBy('seq')
    .execute();
}
