import { lockAgent } from '../db/agents.js';
import type { Database } from '../db/database.js';
import { agentsWithDueMail, agentsWithLateMail } from '../db/late-mail.js';
import type { Starter } from '../engine/starter.js';
import type { AgentRef } from '../messages/agent.js';
import { tidyMail } from './take.js';

/** Agents that one round looks after, which has 10 s for all that it does; the next one goes on. */
const MOST_LATE = 50;
const MOST_DUE = 200;
const AT_ONCE = 20;

/**
 * Ends and takes back what waits, or was leased, too long while nobody reads; asks for the workflows of mailboxes with
 * mail that could have been given, or settled, before a moment. Answers how many agents' mail was late. What fails for
 * one agent is thrown once the others were looked after.
 */
export async function rearmMail(
  {
    database: { db },
    starter,
  }: { database: Pick<Database, 'db'>; starter: Pick<Starter, 'ensureMailbox' | 'wakeMailbox'> },
  { now, before }: { now: Date; before: Date },
): Promise<number> {
  const tidy = ({ orgId, agentId }: AgentRef) =>
    db.transaction().execute(async (tx) => {
      const agent = await lockAgent(tx, orgId, agentId);
      if (agent) await tidyMail(tx, agent, now);
    });
  async function wake(agent: AgentRef): Promise<void> {
    await starter.ensureMailbox(agent);
    starter.wakeMailbox(agent);
  }
  const late = await agentsWithLateMail(db, before, MOST_LATE);
  const failures = await forEach(late, 1, tidy);
  failures.push(...(await forEach(await agentsWithDueMail(db, before, MOST_DUE), AT_ONCE, wake)));
  if (failures.length > 0)
    throw new AggregateError(failures, 'the mail of some agents could not be looked after');
  return late.length;
}

/** Does something for each, so many at once; answers what failed. */
async function forEach<T>(
  items: readonly T[],
  atOnce: number,
  act: (item: T) => Promise<unknown>,
): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (let start = 0; start < items.length; start += atOnce) {
    const results = await Promise.allSettled(items.slice(start, start + atOnce).map(act));
    for (const result of results) if (result.status === 'rejected') failures.push(result.reason);
  }
  return failures;
}
