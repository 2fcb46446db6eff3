import { sql } from 'kysely';
import type { Db } from './database.js';

/** An agent whose mail somebody must look at. */
export interface MailOwner {
  orgId: string;
  agentId: string;
}

/**
 * Agents with mail that was too old, or leased too long, before a moment, and that nobody looked at since. Any of them:
 * those that are met again and again keep no others from their turn.
 */
export async function agentsWithLateMail(db: Db, before: Date, limit: number): Promise<MailOwner[]> {
  const { rows } = await sql<MailOwner>`
    select org_id as "orgId", agent_id as "agentId" from (
      select org_id, agent_id from receipts where leased_until is not null and leased_until < ${before}
      union
      select org_id, agent_id from receipts
      -- Both conditions: the first is that of the index.
      where expires_at is not null and status in ('queued', 'delivered')
        and status = 'queued' and expires_at < ${before}
    ) as late order by random() limit ${limit}`.execute(db);
  return rows;
}

/**
 * Agents whose mail is handled here and has been due since before a moment though they have room for it, or that have
 * mail whose task ended before then; any of them. Their mailboxes may have lost their workflow.
 */
export async function agentsWithDueMail(db: Db, before: Date, limit: number): Promise<MailOwner[]> {
  const { rows } = await sql<MailOwner>`
    select agents.org_id as "orgId", agents.id as "agentId" from agents
    where exists (
        select from receipts where agent_id = agents.id and status = 'delivered' and leased_until is null
          and delivered_at < ${before} and not exists (
            select from tasks where tasks.org_id = receipts.org_id and tasks.id = receipts.task_id
              and (completed_at is null or completed_at >= ${before})))
      or (lifecycle = 'running' and not is_suspended
        and (definition is not null or coalesce(handler::text, 'null') <> 'null')
        and exists (
          select from receipts where agent_id = agents.id and status in ('queued', 'delivered')
            and status = 'queued' and available_at < ${before})
        and concurrency > (select count(*) from receipts where agent_id = agents.id and status = 'delivered')
        and (concurrency > 1 or (
          select available_at from receipts where agent_id = agents.id and status in ('queued', 'delivered')
            and status = 'queued' order by seq limit 1) < ${before}))
    order by random() limit ${limit}`.execute(db);
  return rows;
}
