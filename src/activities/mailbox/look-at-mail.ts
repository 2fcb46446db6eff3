import type { Config } from '../../config.js';
import type { Database } from '../../db/database.js';
import { unwantedTasks } from '../../db/handled-mail.js';
import type { Starter } from '../../engine/starter.js';
import type { Catalogue } from '../../hosted/catalogue.js';
import type { Mailboxes } from '../../mailboxes/mailboxes.js';
import type { AgentRef } from '../../messages/agent.js';
import type { MailLook } from '../../messages/mailbox.js';
import type { Tasks } from '../../tasks/tasks.js';
import { createGiveMail } from './give-mail.js';
import { createSettleHandled } from './settle-handled.js';

export interface LookAtMailOptions {
  database: Database;
  catalogue: Pick<Catalogue, 'agents' | 'handlers'>;
  config: Pick<Config, 'TASK_TIMEOUT_SECONDS'>;
  mailboxes: Mailboxes;
  tasks: Pick<Tasks, 'end'>;
  starter: Pick<Starter, 'tryCancelTask'>;
  now?: () => number;
}

export interface MailLookRef extends AgentRef {
  /** Tasks that the workflow has begun, and not seen end. */
  running: string[];
}

const GONE: MailLook = { name: '', queued: 0, nextAt: null, handling: [] };

/**
 * One look at the mail of an agent that is handled here, all of it from rows: writes what became of messages whose tasks
 * have ended, ends tasks whose message was taken away, and gives the agent what is next. Answers what is being handled.
 */
export function createLookAtMail(options: LookAtMailOptions) {
  const { tasks, starter, now = Date.now } = options;
  const { db } = options.database;
  const settleHandled = createSettleHandled(options);
  const giveMail = createGiveMail(options);

  async function giveUp(ref: { orgId: string; taskId: string }, at: Date): Promise<void> {
    const error = { category: 'cancelled', message: 'its message was interrupted' } as const;
    const ended = await tasks.end(ref, { status: 'cancelled', error, at });
    if (ended) await starter.tryCancelTask(ref);
  }

  return async function lookAtMail({ running, ...ref }: MailLookRef): Promise<MailLook> {
    const at = new Date(now());
    await settleHandled(ref, at);
    const look = (await giveMail(ref, at)) ?? GONE;
    const wanted = new Set(look.handling.map(({ taskId }) => taskId));
    // One that has ended stays as it ended.
    const unwanted = new Set([...running.filter((id) => !wanted.has(id)), ...(await unwantedTasks(db, ref))]);
    for (const taskId of unwanted) await giveUp({ orgId: ref.orgId, taskId }, at);
    return look;
  };
}
