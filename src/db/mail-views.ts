import { sql } from 'kysely';
import type { ReceiptStatus } from '../schemas/message.js';
import type { Db } from './database.js';
import type { ReceiptRow } from './messages.js';
import type { Position } from './timers.js';

/** A receipt as a page of a list has it. */
export type ListedReceipt = ReceiptRow & { created_at: Date; id: string };

const NUMBER = /^\d{1,18}$/;

/** An agent's mail, the newest first, after `position`. */
export async function listMail(
  db: Db,
  agentId: string,
  { status, limit }: { status?: ReceiptStatus | undefined; limit: number },
  position: Position | undefined,
): Promise<ListedReceipt[]> {
  let query = db.selectFrom('receipts').selectAll().where('agent_id', '=', agentId);
  if (status !== undefined) query = query.where('status', '=', status);
  if (position) {
    const seq = NUMBER.test(position.id) ? position.id : '0';
    query = query.where(sql<boolean>`(queued_at, seq) < (${position.createdAt}, ${seq}::bigint)`);
  }
  const rows = await query.orderBy('queued_at', 'desc').orderBy('seq', 'desc').limit(limit).execute();
  return rows.map((row) => ({ ...row, created_at: row.queued_at, id: String(row.seq) }));
}

/** Whether a message has not come to its end everywhere. */
export async function isOpen(db: Db, orgId: string, messageId: string): Promise<boolean> {
  const { rows } = await sql`
    select from receipts where org_id = ${orgId} and message_id = ${messageId}
      and status in ('queued', 'delivered') limit 1`.execute(db);
  return rows.length > 0;
}

/** It waits again, behind all others and as long as it takes; what was before does not count against its agent. */
const NEXT_SEQ = sql`nextval(pg_get_serial_sequence('receipts', 'seq'))`;
const renewed = (at: Date) => sql`
  status = 'queued', queued_at = ${at}, available_at = ${at},
  deliveries_before = deliveries, expires_at = null, error = null, reply = null, reply_id = null, task_id = null,
  delivered_at = null, ended_at = null`;

/** Puts a message that has ended at an agent into its mailbox once more; undefined where it has not ended there. */
export async function resend(
  db: Db,
  { orgId, messageId, agentId }: { orgId: string; messageId: string; agentId: string },
  at: Date,
): Promise<ReceiptRow | undefined> {
  const { rows } = await sql<ReceiptRow>`
    update receipts set seq = ${NEXT_SEQ}, ${renewed(at)}
    where org_id = ${orgId} and message_id = ${messageId} and agent_id = ${agentId}
      and status in ('processed', 'failed', 'dead')
    returning *`.execute(db);
  return rows[0];
}

/** The same for all of an agent's that ended so, in their order; answers which messages they are. */
export async function resendAll(
  db: Db,
  agentId: string,
  { status, since, limit }: { status: ReceiptStatus; since: Date | undefined; limit: number },
  at: Date,
): Promise<string[]> {
  const { rows } = await sql<{ message_id: string }>`
    with wanted as (
      select org_id, message_id, agent_id, queued_at, seq from receipts
      where agent_id = ${agentId} and status = ${status} and ended_at >= ${since ?? new Date(0)}
      order by queued_at, seq limit ${limit} for update
    ), numbered as (
      select org_id, message_id, agent_id, ${NEXT_SEQ} as next_seq
      from (select * from wanted order by queued_at, seq) as ordered)
    update receipts set seq = next_seq, ${renewed(at)} from numbered
    where receipts.org_id = numbered.org_id and receipts.message_id = numbered.message_id
      and receipts.agent_id = numbered.agent_id
    returning receipts.message_id`.execute(db);
  return rows.map((row) => row.message_id);
}
