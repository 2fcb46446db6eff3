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

/** An agent whose mail somebody must look at. */
export interface MailOwner {
  orgId: string;
  agentId: string;
}

/** Agents with mail that was too old, or leased too long, before a moment, and that nobody looked at since. */
export async function agentsWithLateMail(db: Db, before: Date, limit: number): Promise<MailOwner[]> {
  const { rows } = await sql<MailOwner>`
    select org_id as "orgId", agent_id as "agentId" from (
      select org_id, agent_id from receipts where leased_until is not null and leased_until < ${before}
      union
      select org_id, agent_id from receipts
      where expires_at is not null and status in ('queued', 'delivered')
        and status = 'queued' and expires_at < ${before}
    ) as late limit ${limit}`.execute(db);
  return rows;
}

/**
 * Agents that have their messages handled here and whose mail has been due, or under way, since before a moment:
 * their mailboxes may have lost their workflow.
 */
export async function agentsWithDueMail(db: Db, before: Date, limit: number): Promise<MailOwner[]> {
  const { rows } = await sql<MailOwner>`
    select agents.org_id as "orgId", agents.id as "agentId" from agents
    where lifecycle = 'running' and not is_suspended
      and (definition is not null or coalesce(handler::text, 'null') <> 'null')
      and exists (
        select from receipts where agent_id = agents.id and status in ('queued', 'delivered')
          and (case when status = 'queued' then available_at else delivered_at end) < ${before}
          and leased_until is null)
    limit ${limit}`.execute(db);
  return rows;
}

/** Whether an agent has mail that waits. */
export async function hasMail(db: Db, agentId: string): Promise<boolean> {
  const { rows } = await sql`
    select from receipts where agent_id = ${agentId} and status in ('queued', 'delivered') limit 1`.execute(
    db,
  );
  return rows.length > 0;
}
