import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Receipt } from '../../client/index.js';
import { agentIdOf } from '../named-agent.js';
import { Outage } from '../outage.js';
import { count, object } from '../read-option.js';
import { onApi, type Session } from '../session.js';
import type { View } from '../view.js';
import { LEASED, RECEIPT_COLUMNS } from './message-view.js';

const RECEIPT: View<Receipt> = {
  id: ({ agentId }) => agentId,
  columns: RECEIPT_COLUMNS,
  empty: 'No receipts.',
};

interface InboxOptions {
  max?: number;
  lease?: string;
  wait?: string;
  ack?: boolean;
  watch?: boolean;
}
const WATCHED_WAIT = '30s';
const PAUSE_MS = 500;

async function takeOnce(session: Session, options: InboxOptions, id: string): Promise<number> {
  const { max, lease, wait, ack, watch } = options;
  const { client, print } = session;
  const inbox = client.messages.inbox(id);
  const wish = { ...(max ? { max } : {}), ...(lease ? { lease } : {}), ...(wait ? { wait } : {}) };
  const messages = await inbox.take(wish);
  if (watch) for (const message of messages) print.line(LEASED, message);
  else print.list(LEASED, messages);
  // Printed first: what is killed in between comes again rather than never.
  if (ack) for (const message of messages) await inbox.ack(message);
  return messages.length;
}

async function take(session: Session, options: InboxOptions, idOrName: string): Promise<void> {
  const id = await agentIdOf(session.client, idOrName);
  if (!options.watch) {
    await takeOnce(session, options, id);
    return;
  }
  const outage = new Outage((words) => session.print.screen.tell(`${words}\n`));
  let taken = await takeOnce(session, options, id);
  for (;;) {
    // A server that is about to stop answers before the wait is over.
    if (taken === 0) await sleep(PAUSE_MS);
    try {
      taken = await takeOnce(session, { wait: WATCHED_WAIT, ...options }, id);
      outage.isOver();
    } catch (error) {
      outage.goesOn(error);
      taken = 0;
    }
  }
}

interface Settling {
  lease: string;
  reply?: object;
  error?: string;
  delay?: string;
}

export function addInbox(messages: Command): void {
  onApi<InboxOptions>(
    messages
      .command('inbox <agent>')
      .description('lease what is next for an agent that runs elsewhere')
      .option('--max <n>', 'at most so many (1)', count)
      .option('--lease <time>', 'hold them for so long (30s); what is not settled then comes again')
      .option('--wait <time>', 'wait for one, at most 60s')
      .option('--ack', 'acknowledge each when it was printed')
      .option('--watch', 'go on, a line each'),
    take,
  );
  onApi<Settling>(
    messages
      .command('ack <id>')
      .description('say that a leased message was handled')
      .requiredOption('--lease <id>', 'the lease that it is held with')
      .option('--reply <json>', 'an object, for whoever asked for one', object),
    async ({ client, print }, { lease, reply }, id) => {
      const held = { id, leaseId: lease };
      print.one(RECEIPT, await client.messages.inbox('').ack(held, reply ? { reply: { ...reply } } : {}));
    },
  );
  onApi<Settling>(
    messages
      .command('nack <id>')
      .description('give a leased message back: it comes again')
      .requiredOption('--lease <id>', 'the lease that it is held with')
      .option('--error <text>', 'why')
      .option('--delay <time>', 'after so long'),
    async ({ client, print }, { lease, error, delay }, id) => {
      const held = { id, leaseId: lease };
      print.one(RECEIPT, await client.messages.inbox('').nack(held, { error, delay }));
    },
  );
}
