import type { AgentRow } from '../db/agents.js';
import type { Database } from '../db/database.js';
import { appendEvents } from '../db/events.js';
import { resend, resendAll } from '../db/mail-views.js';
import { messageHeads, type ReceiptRow } from '../db/messages.js';
import { notify } from '../db/notify.js';
import type { Starter } from '../engine/starter.js';
import type { ReceiptStatus } from '../schemas/message.js';
import { isHandledHere } from './mailboxes.js';
import { messageEvent } from './settle.js';

export interface ResendOptions {
  database: Pick<Database, 'db'>;
  starter: Pick<Starter, 'ensureMailbox' | 'wakeMailbox'>;
}

/** Messages that one call puts into a mailbox again. */
const MOST_AT_ONCE = 10_000;

type Write<T> = (tx: Database['db']) => Promise<{ value: T; messageIds: readonly string[] }>;

async function written<T>(
  { database, starter }: ResendOptions,
  agent: AgentRow,
  at: Date,
  write: Write<T>,
): Promise<T> {
  const { org_id: orgId, id: agentId } = agent;
  const isHere = isHandledHere(agent);
  if (isHere) await starter.ensureMailbox({ orgId, agentId });
  const value = await database.db.transaction().execute(async (tx) => {
    const done = await write(tx);
    const messages = await messageHeads(tx, orgId, done.messageIds);
    await appendEvents(
      tx,
      messages.map((message) => messageEvent(message, agentId, { type: 'message.received' }, at)),
    );
    await notify(tx, 'mail', `${orgId}/${agentId}`);
    return done.value;
  });
  if (isHere) starter.wakeMailbox({ orgId, agentId });
  return value;
}

/** Sends a message that has ended at an agent once more; undefined where it has not ended there. */
export const resendMail = (
  options: ResendOptions,
  agent: AgentRow,
  messageId: string,
  at: Date,
): Promise<ReceiptRow | undefined> =>
  written(options, agent, at, async (tx) => {
    const value = await resend(tx, { orgId: agent.org_id, messageId, agentId: agent.id }, at);
    return { value, messageIds: value ? [messageId] : [] };
  });

/** The same for what ended so, in the order in which it came; answers how many. */
export const resendEnded = (
  options: ResendOptions,
  agent: AgentRow,
  { status, since }: { status: ReceiptStatus; since: Date | undefined },
  at: Date,
): Promise<number> =>
  written(options, agent, at, async (tx) => {
    const messageIds = await resendAll(tx, agent.id, { status, since, limit: MOST_AT_ONCE }, at);
    return { value: messageIds.length, messageIds };
  });
