import { type AgentRow, getAgent } from '../../db/agents.js';
import type { Database } from '../../db/database.js';
import { isHandled, putBack } from '../../db/handled-mail.js';
import { deliveredTo } from '../../db/mail.js';
import { getMessage, type MessageRow, type ReceiptRow } from '../../db/messages.js';
import { getTask, hasEnded, type TaskRow } from '../../db/tasks.js';
import { handledOutcome } from '../../domain/handled-outcome.js';
import { refusalDelayMs } from '../../domain/refusal-delay.js';
import type { Mailboxes } from '../../mailboxes/mailboxes.js';
import { sendReply } from '../../mailboxes/reply.js';
import { type MailOutcome, settleMail } from '../../mailboxes/settle.js';
import type { AgentRef } from '../../messages/agent.js';
import { unavailableOf } from '../../tasks/prepare-task.js';

export interface SettleHandledOptions {
  database: Database;
  mailboxes: Mailboxes;
}

/** A message whose task has ended. */
interface Handled {
  agent: AgentRow;
  message: MessageRow;
  receipt: ReceiptRow;
  /** Undefined: it is known no more. */
  task: TaskRow | undefined;
}

/** An agent that was stopped meanwhile keeps what it did not begin. */
const wasNotBegun = ({ agent, task }: Handled): boolean =>
  task?.status === 'failed' && task.started_at === null && unavailableOf(agent) !== null;

/** Writes what became of messages whose tasks have ended; their replies are sent first. */
export function createSettleHandled({ database, mailboxes }: SettleHandledOptions) {
  const { db } = database;

  async function outcomeOf({ agent, message, receipt, task }: Handled, at: Date): Promise<MailOutcome> {
    const outcome = handledOutcome(task);
    if (outcome.kind === 'failed') return outcome;
    if (outcome.kind === 'refused') {
      const delayMs = refusalDelayMs(receipt.deliveries - receipt.deliveries_before);
      return { ...outcome, retryAt: new Date(at.getTime() + delayMs) };
    }
    const { reply } = outcome;
    const replyId =
      reply && (await sendReply({ db, mailboxes }, { message, receipt, agent, payload: reply, at }));
    return { kind: 'processed', reply, replyId };
  }

  async function settle(handled: Handled, at: Date): Promise<void> {
    if (wasNotBegun(handled)) return putBack(db, handled.receipt);
    const outcome = await outcomeOf(handled, at);
    await db.transaction().execute((tx) => settleMail(tx, handled, outcome, at));
  }

  return async function settleHandled({ orgId, agentId }: AgentRef, at: Date): Promise<void> {
    for (const receipt of await deliveredTo(db, agentId)) {
      if (!isHandled(receipt)) continue;
      const task = await getTask(db, orgId, receipt.task_id);
      if (task && !hasEnded(task.status)) continue;
      const agent = await getAgent(db, orgId, agentId);
      const message = await getMessage(db, orgId, receipt.message_id);
      if (agent && message) await settle({ agent, message, receipt, task }, at);
    }
  };
}
