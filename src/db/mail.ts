import { randomUUID } from 'node:crypto';
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
    .where(sql<boolean>`status = 'delivered'`)
    .orderBy('seq')
    .execute();
}

/** What is with an agent though its lease ran out. */
export async function lapsedAt(db: Db, agentId: string, at: Date): Promise<ReceiptRow[]> {
  const receipts = await deliveredTo(db, agentId);
  return receipts.filter(({ leased_until: until }) => until !== null && until <= at);
}

/** Mail of an agent that waits in vain is that much at once at most: the rest is met by the next one who looks. */
const MOST_EXPIRED = 500;

/** Gives up what is too old to be given; answers which messages those are. */
export async function endExpired(tx: Db, agentId: string, at: Date): Promise<ReceiptRow[]> {
  const { rows } = await sql<ReceiptRow>`
    update receipts set status = 'dead', error = 'expired', ended_at = ${at}
    where (org_id, message_id, agent_id) in (
      select org_id, message_id, agent_id from receipts
      where agent_id = ${agentId} and status = 'queued' and expires_at <= ${at}
      order by seq limit ${MOST_EXPIRED})
    returning *`.execute(tx);
  return rows;
}

/** What waits at an agent in its order: with `isDue` only what may be given. */
export async function waitingAt(
  db: Db,
  agentId: string,
  { at, isDue, limit }: { at: Date; isDue: boolean; limit: number },
): Promise<ReceiptRow[]> {
  return db
    .selectFrom('receipts')
    .selectAll()
    .where('agent_id', '=', agentId)
    .where(sql<boolean>`status = 'queued'`)
    .where((is) => is.or([is('expires_at', 'is', null), is('expires_at', '>', at)]))
    .where(isDue ? sql<boolean>`available_at <= ${at}` : sql<boolean>`true`)
    .orderBy('seq')
    .limit(limit)
    .execute();
}

/** When the first of those that are not to be given yet may be. */
export async function nextDueAt(db: Db, agentId: string, at: Date): Promise<Date | null> {
  const { due } = await db
    .selectFrom('receipts')
    .select(({ fn }) => fn.min<Date | null>('available_at').as('due'))
    .where('agent_id', '=', agentId)
    .where(sql<boolean>`status = 'queued'`)
    .where('available_at', '>', at)
    .executeTakeFirstOrThrow();
  return due;
}

/** How many wait at an agent; not more than `most` are counted. */
export async function countQueued(db: Db, agentId: string, most: number): Promise<number> {
  const { rows } = await sql<{ queued: number }>`
    select count(*)::int as queued from (
      select from receipts where agent_id = ${agentId} and status = 'queued' limit ${most}) as waiting`.execute(
    db,
  );
  return rows[0]?.queued ?? 0;
}

/** Puts receipts with their agent: each under a lease of its own, until `until` or for as long as it takes. */
export async function deliver(
  tx: Db,
  receipts: readonly ReceiptRow[],
  { at, until }: { at: Date; until: Date | null },
): Promise<ReceiptRow[]> {
  if (receipts.length === 0) return [];
  const keys = receipts.map(({ org_id, message_id, agent_id }) => ({
    ...{ org_id, message_id, agent_id },
    lease_id: randomUUID(),
  }));
  const { rows } = await sql<ReceiptRow>`
    update receipts set status = 'delivered', deliveries = deliveries + 1, lease_id = key.lease_id,
      leased_until = ${until}, delivered_at = ${at}
    from json_to_recordset(${JSON.stringify(keys)}::json)
      as key (org_id text, message_id text, agent_id text, lease_id text)
    where receipts.org_id = key.org_id and receipts.message_id = key.message_id
      and receipts.agent_id = key.agent_id
    returning receipts.*`.execute(tx);
  return rows.sort((one, two) => one.seq - two.seq);
}

/** Whether an agent has mail that has not ended. */
export async function hasMail(db: Db, agentId: string): Promise<boolean> {
  const { rows } = await sql`
    select from receipts where agent_id = ${agentId} and status in ('queued', 'delivered') limit 1`.execute(
    db,
  );
  return rows.length > 0;
}

/** Which messages have not ended at an agent. */
export async function openMail(db: Db, agentId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('receipts')
    .select('message_id')
    .where('agent_id', '=', agentId)
    .where(sql<boolean>`status in ('queued', 'delivered')`)
    .execute();
  return rows.map((row) => row.message_id);
}
