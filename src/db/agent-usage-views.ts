import { sql } from 'kysely';
import type { Db } from './database.js';

/** What an agent told of one tool, or of one variant of an instruction, over some hours. */
export interface UsageRow {
  kind: 'tool' | 'variant';
  /** A tool's name, or an instruction's id. */
  subject: string;
  variant: string;
  succeeded: number;
  failed: number;
}

/** An agent's usage since a moment, the hour that the moment lies in as a whole; the 1,000 largest at most. */
export async function usageSince(db: Db, agentId: string, since: Date): Promise<UsageRow[]> {
  const { rows } = await sql<UsageRow>`
    select kind, subject, variant, sum(succeeded)::float8 as succeeded, sum(failed)::float8 as failed
    from agent_usage
    where agent_id = ${agentId} and hour > ${since}::timestamptz - interval '1 hour'
    group by kind, subject, variant
    order by sum(succeeded::bigint + failed) desc, subject, variant
    limit 1000`.execute(db);
  return rows;
}
