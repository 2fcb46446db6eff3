import { lockAgent } from '../db/agents.js';
import type { Database } from '../db/database.js';
import { agentsWithDueMail, agentsWithLateMail } from '../db/leases.js';
import type { Starter } from '../engine/starter.js';
import { tidyMail } from './take.js';

/** Agents that one round looks after; the next one goes on. */
const MOST_AGENTS = 200;

/**
 * Ends and takes back what waits, or was leased, too long while nobody reads; asks for the workflows of mailboxes with
 * mail that has been due, or under way, since before a moment: one that runs is not disturbed. Answers how many agents'
 * mail was late.
 */
export async function rearmMail(
  {
    database: { db },
    starter,
  }: { database: Pick<Database, 'db'>; starter: Pick<Starter, 'ensureMailbox' | 'wakeMailbox'> },
  { now, before }: { now: Date; before: Date },
): Promise<number> {
  const late = await agentsWithLateMail(db, before, MOST_AGENTS);
  for (const { orgId, agentId } of late)
    await db.transaction().execute(async (tx) => {
      const agent = await lockAgent(tx, orgId, agentId);
      if (agent) await tidyMail(tx, agent, now);
    });
  const due = await agentsWithDueMail(db, before, MOST_AGENTS);
  for (const agent of due) {
    await starter.ensureMailbox(agent);
    starter.wakeMailbox(agent);
  }
  return late.length;
}
