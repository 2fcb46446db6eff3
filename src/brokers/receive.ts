import { setTimeout as sleep } from 'node:timers/promises';
import type { BrokerRow } from '../db/brokers.js';
import type { Log } from '../log.js';
import type { Mailboxes } from '../mailboxes/mailboxes.js';
import { countCarried } from '../metrics.js';
import type { Incoming, Receive, Verdict } from './connection.js';
import { Malformed, readIncoming } from './incoming.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** Data that a database does not take, as SQLSTATE tells it: another try would meet the same. */
const DATA_ERROR = /^22/;

export interface ReceiveOptions {
  broker: Pick<BrokerRow, 'org_id' | 'name' | 'kind'>;
  mailboxes: Mailboxes;
  log: Log;
  /** Aborted when the connection is given up. */
  signal: AbortSignal;
}

/** Puts what a queue hands over into the mailbox of its agent, however long the database or Temporal are away. */
export const createReceive =
  (options: ReceiveOptions) =>
  (agentId: string): Receive =>
  async (incoming) => {
    const { broker, log, signal } = options;
    for (let tries = 0; ; tries++) {
      signal.throwIfAborted();
      try {
        return await accept(options, agentId, incoming);
      } catch (error) {
        if (isOfData(error)) return refuse(options, agentId, 'holds what cannot be stored');
        if (tries === 0)
          log.warn({ org: broker.org_id, broker: broker.name, error }, 'A message of a broker has to wait');
        await sleep(Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries, 10), LONGEST_PAUSE_MS), undefined, {
          signal,
        });
      }
    }
  };

async function accept(options: ReceiveOptions, agentId: string, incoming: Incoming): Promise<Verdict> {
  const { broker, mailboxes } = options;
  try {
    const about = { orgId: broker.org_id, broker: broker.name, at: new Date() };
    const sending = await mailboxes.send(readIncoming(incoming, about), { kind: 'copy', agentId });
    if (sending.kind === 'taken')
      return refuse(options, agentId, 'has the id of another message', 'collided');
    const isNew = sending.kind === 'accepted' && sending.wasNew;
    countCarried(broker.kind, isNew ? 'received' : 'repeated');
    return 'accepted';
  } catch (error) {
    if (error instanceof Malformed) return refuse(options, agentId, error.message);
    throw error;
  }
}

function refuse(
  { broker, log }: ReceiveOptions,
  agent: string,
  why: string,
  outcome: 'malformed' | 'collided' = 'malformed',
): Verdict {
  countCarried(broker.kind, outcome);
  log.warn(
    { org: broker.org_id, broker: broker.name, agent, reason: why },
    'A message of a broker was refused',
  );
  return 'malformed';
}

const isOfData = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && DATA_ERROR.test(error.code);
