import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { accessOf, wayTo } from '../../brokers/access.js';
import { createCarrier } from '../../brokers/carrier.js';
import { type BrokerConnection, BrokerError } from '../../brokers/connection.js';
import { openBroker } from '../../brokers/open.js';
import { createReceive } from '../../brokers/receive.js';
import { type BrokerRow, getBroker } from '../../db/brokers.js';
import type { Mailboxes } from '../../mailboxes/mailboxes.js';
import type { BrokerRef } from '../../messages/broker.js';
import type { GuardOptions } from '../../outbound/guard.js';
import type { Vault } from '../../secrets/vault.js';
import { type NoteConnectionOptions, noteConnection } from './note-connection.js';

const HEARTBEAT_MS = 2_000;
/** Bindings are looked at when one changes, and so often besides: a notice may be lost. */
const LOOK_MS = 10_000;
/** A connection that was lost sooner was hardly one: the next is not opened at once. */
const STOOD_MS = 10_000;
/** What a queue was refused is tried again after this time. */
const AGAIN_MS = 1_000;

export interface CarryMessagesOptions extends NoteConnectionOptions {
  mailboxes: Mailboxes;
  vault: Pick<Vault, 'open'>;
  guard: GuardOptions;
  /** Aborted when the worker stops. */
  stopping: AbortSignal;
}

/**
 * Connects to a broker, and carries messages to mailboxes until the connection is lost or the broker deleted. Fails
 * where it cannot be connected to, or where the worker stops: another one goes on.
 */
export function createCarryMessages(options: CarryMessagesOptions) {
  const { database, stopping } = options;

  return async function carryMessages(ref: BrokerRef): Promise<void> {
    const beating = setInterval(heartbeat, HEARTBEAT_MS);
    try {
      if (stopping.aborted) throw handedOn();
      const broker = await getBroker(database.db, ref);
      if (!broker) return;
      const connection = await connect(options, broker);
      const sinceMs = Date.now();
      let isChanged = false;
      try {
        isChanged = await carry(options, broker, connection);
      } finally {
        await connection.close();
      }
      if (stopping.aborted) throw handedOn();
      if (!isChanged && !cancellationSignal().aborted) await noteLoss(options, broker, Date.now() - sinceMs);
    } finally {
      clearInterval(beating);
    }
  };
}

const handedOn = () =>
  ApplicationFailure.create({ message: 'this worker stops', type: 'Stopping', nextRetryDelay: '1s' });

async function connect(options: CarryMessagesOptions, broker: BrokerRow): Promise<BrokerConnection> {
  try {
    return await openBroker(accessOf(broker, options.vault), options.guard, options.stopping);
  } catch (error) {
    const fault = error instanceof BrokerError ? error.fault : 'secrets_unreadable';
    await noteConnection(options, broker, { status: 'unreachable', error: fault });
    throw ApplicationFailure.retryable(fault, 'BrokerUnreachable');
  }
}

async function noteLoss(options: CarryMessagesOptions, broker: BrokerRow, stoodMs: number): Promise<void> {
  if (!(await getBroker(options.database.db, { orgId: broker.org_id, brokerId: broker.id }))) return;
  await noteConnection(options, broker, { status: 'unreachable', error: 'connection_lost' });
  if (stoodMs < STOOD_MS) throw ApplicationFailure.retryable('connection_lost', 'BrokerUnreachable');
}

/** Until the connection is lost, the broker deleted or changed, or somebody wants it to end. Answers whether it was changed. */
async function carry(
  options: CarryMessagesOptions,
  broker: BrokerRow,
  connection: BrokerConnection,
): Promise<boolean> {
  const { database, stopping, log } = options;
  const ref = { orgId: broker.org_id, brokerId: broker.id };
  const ending = new AbortController();
  const word = createWord();
  const end = () => {
    ending.abort();
    word.say();
  };
  const cancelled = cancellationSignal();
  for (const signal of [cancelled, stopping]) signal.addEventListener('abort', end, { once: true });
  if (cancelled.aborted || stopping.aborted) end();
  void connection.closed.then(end);
  const stopListening = database.listen('brokers', (payload) => {
    if (payload === null || payload === broker.org_id) word.say();
  });
  const receiverOf = createReceive({ ...options, broker, signal: ending.signal });
  const carrier = createCarrier({ broker, connection, database, receiverOf, log, onChange: word.say });
  try {
    while (!ending.signal.aborted) {
      const row = await getBroker(database.db, ref);
      if (!row) return false;
      if (wayTo(row) !== wayTo(broker)) return true;
      const fault = await carrier.reconcile();
      if (ending.signal.aborted) return false;
      const error = fault === null ? null : faultOf(fault);
      await noteConnection(options, broker, { status: 'connected', error });
      await word.heard(error === null ? LOOK_MS : AGAIN_MS);
    }
    return false;
  } finally {
    ending.abort();
    stopListening();
    for (const signal of [cancelled, stopping]) signal.removeEventListener('abort', end);
  }
}

const faultOf = (error: unknown): string =>
  error instanceof BrokerError ? error.fault : 'queues_not_readable';

/** A word that wakes whoever waits for it, or the next one who does. */
function createWord() {
  let isSaid = false;
  let wake: (() => void) | undefined;
  return {
    say() {
      isSaid = true;
      wake?.();
    },
    async heard(longestMs: number): Promise<void> {
      if (!isSaid) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, longestMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      isSaid = false;
      wake = undefined;
    },
  };
}
