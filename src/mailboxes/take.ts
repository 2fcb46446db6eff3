import type { AgentRow } from '../db/agents.js';
import type { Db } from '../db/database.js';
import { appendEvents } from '../db/events.js';
import { countQueued, deliver, deliveredTo, endExpired, lapsedAt, nextDueAt, waitingAt } from '../db/mail.js';
import {
  getMessages,
  type MessageHead,
  type MessageRow,
  messageHeads,
  type ReceiptRow,
} from '../db/messages.js';
import { notify } from '../db/notify.js';
import { endedNotices } from '../domain/ended-notice.js';
import { countMessage } from '../metrics.js';
import { messageEvent, settleMail } from './settle.js';

/** A message as it is with an agent. */
export interface Mail {
  message: MessageRow;
  receipt: ReceiptRow;
}

/** What an agent was given, and what else there is for it. */
export interface Taking {
  /** In the order in which they are to be handled. */
  taken: Mail[];
  /** When there may be more though nobody is told: one waits for its next delivery, or a lease runs out. */
  nextAt: Date | null;
  /** Messages that wait still; not more than 1,000 are counted. */
  queued: number;
}

export interface TakeOptions {
  max: number;
  /** How long they are held; null: until what they came to is written. */
  leaseMs: number | null;
  at: Date;
}

type Addressee = Pick<
  AgentRow,
  'id' | 'org_id' | 'lifecycle' | 'is_suspended' | 'concurrency' | 'max_deliveries'
>;

const MOST_COUNTED = 1_000;

/**
 * Gives an agent, whose row the transaction has locked, what is next for it: no more than its concurrency are with it
 * at any time, and one that handles them in order gets nothing while the first one waits for its next delivery. What
 * is too old is dead then, and what was held too long counts as refused.
 */
export async function takeMail(tx: Db, agent: Addressee, { max, leaseMs, at }: TakeOptions): Promise<Taking> {
  await tidyMail(tx, agent, at);
  const isTaking = agent.lifecycle === 'running' && !agent.is_suspended;
  const held = isTaking ? await deliveredTo(tx, agent.id) : [];
  const room = isTaking ? agent.concurrency - held.length : 0;
  const { due, nextAt } = room > 0 ? await next(tx, agent, { most: Math.min(max, room), at }) : NOTHING;
  const until = leaseMs === null ? null : new Date(at.getTime() + leaseMs);
  const receipts = await deliver(tx, due, { at, until });
  return {
    taken: await withMessages(receipts, (ids) => getMessages(tx, agent.org_id, ids)),
    nextAt: earliest([nextAt, ...[...held, ...receipts].map(({ leased_until: end }) => end)]),
    queued: await countQueued(tx, agent.id, MOST_COUNTED),
  };
}

/** Ends what is too old, and takes back what was held too long; the transaction has locked the agent's row. */
export async function tidyMail(
  tx: Db,
  agent: Pick<AgentRow, 'id' | 'org_id' | 'max_deliveries'>,
  at: Date,
): Promise<void> {
  const headsOf = (ids: string[]) => messageHeads(tx, agent.org_id, ids);
  const outcome = { kind: 'refused', error: 'lease_expired', retryAt: at } as const;
  for (const mail of await withMessages(await lapsedAt(tx, agent.id, at), headsOf))
    await settleMail(tx, { agent, ...mail }, outcome, at);
  const expired = await withMessages(await endExpired(tx, agent.id, at), headsOf);
  if (expired.length === 0) return;
  for (const { receipt } of expired) countMessage(receipt);
  await appendEvents(
    tx,
    expired.map(({ message, receipt: { deliveries } }) =>
      messageEvent(
        message,
        agent.id,
        { type: 'message.failed', status: 'dead', error: 'expired', deliveries },
        at,
      ),
    ),
  );
  const ids = expired.map(({ message }) => message.id);
  for (const notice of endedNotices(agent.org_id, ids)) await notify(tx, 'ended', notice);
}

interface Next {
  due: ReceiptRow[];
  nextAt: Date | null;
}
const NOTHING: Next = { due: [], nextAt: null };

async function next(
  tx: Db,
  { id, concurrency }: Addressee,
  { most, at }: { most: number; at: Date },
): Promise<Next> {
  if (concurrency > 1) {
    const due = await waitingAt(tx, id, { at, isDue: true, limit: most });
    return { due, nextAt: await nextDueAt(tx, id, at) };
  }
  const [first] = await waitingAt(tx, id, { at, isDue: false, limit: 1 });
  if (!first) return NOTHING;
  return first.available_at > at ? { due: [], nextAt: first.available_at } : { due: [first], nextAt: null };
}

async function withMessages<M extends MessageHead>(
  receipts: readonly ReceiptRow[],
  read: (ids: string[]) => Promise<M[]>,
): Promise<{ message: M; receipt: ReceiptRow }[]> {
  const found = await read(receipts.map(({ message_id: id }) => id));
  const messages = new Map(found.map((message) => [message.id, message]));
  return receipts.flatMap((receipt) => {
    const message = messages.get(receipt.message_id);
    return message ? [{ message, receipt }] : [];
  });
}

function earliest(moments: readonly (Date | null)[]): Date | null {
  const known = moments.flatMap((moment) => moment?.getTime() ?? []);
  return known.length === 0 ? null : new Date(Math.min(...known));
}
