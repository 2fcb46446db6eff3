import { v7 as newId } from 'uuid';
import type { Config } from '../../config.js';
import { type AgentRow, lockAgent } from '../../db/agents.js';
import type { Database, Db } from '../../db/database.js';
import { appendEvents } from '../../db/events.js';
import { isHandled, noteTask } from '../../db/handled-mail.js';
import { deliveredTo } from '../../db/mail.js';
import { doesTaskWait, getTask, insertTask } from '../../db/tasks.js';
import { refusalDelayMs } from '../../domain/refusal-delay.js';
import type { Catalogue } from '../../hosted/catalogue.js';
import { isHandledHere } from '../../mailboxes/mailboxes.js';
import { type MailOutcome, settleMail } from '../../mailboxes/settle.js';
import { type Mail, takeMail } from '../../mailboxes/take.js';
import type { AgentRef } from '../../messages/agent.js';
import type { HandledMail, MailLook } from '../../messages/mailbox.js';
import { timeoutOf } from '../../tasks/task-request.js';
import { taskEvent } from '../../tasks/tasks.js';
import { planMail } from './plan-mail.js';

export interface GiveMailOptions {
  database: Database;
  catalogue: Pick<Catalogue, 'agents' | 'handlers'>;
  config: Pick<Config, 'TASK_TIMEOUT_SECONDS'>;
}

/** Messages that nothing can be made of end at once: so many of them in one transaction. */
const MOST_ROUNDS = 100;

/** Gives an agent that is handled here its next messages, each with the task that handles it, in one transaction. */
export function createGiveMail({ database, catalogue, config }: GiveMailOptions) {
  /** False where nothing can be made of the message. */
  async function begin(tx: Db, agent: AgentRow, { message, receipt }: Mail, at: Date): Promise<boolean> {
    const planned = planMail(catalogue, agent, message);
    if (planned.kind !== 'ready') {
      const delayMs = refusalDelayMs(receipt.deliveries - receipt.deliveries_before);
      const outcome: MailOutcome =
        planned.kind === 'failed' ? planned : { ...planned, retryAt: new Date(at.getTime() + delayMs) };
      await settleMail(tx, { agent, message, receipt }, outcome, at);
      return false;
    }
    const { id: message_id, topic, type, sender: from } = message;
    const task = await insertTask(tx, {
      ...{ orgId: agent.org_id, id: newId(), agent, ...planned.work, parent: null, fingerprint: null },
      metadata: { message_id, topic, type, from },
      timeoutMs: timeoutOf(agent, config),
      createdAt: at,
    });
    if (!task) throw new Error('the id of a new task is taken');
    const { priority, method } = task;
    await appendEvents(tx, [taskEvent(task, 'task.queued', { priority, method, messageId: message_id }, at)]);
    await noteTask(tx, receipt, task.id);
    return true;
  }

  async function give(tx: Db, agent: AgentRow, at: Date): Promise<Pick<MailLook, 'queued' | 'nextAt'>> {
    for (let round = 1; ; round++) {
      const { taken, nextAt, queued } = await takeMail(tx, agent, {
        max: agent.concurrency,
        leaseMs: null,
        at,
      });
      let room = 0;
      for (const mail of taken) if (!(await begin(tx, agent, mail, at))) room += 1;
      if (room === 0) return { queued, nextAt: nextAt?.toISOString() ?? null };
      // The rest is for the next look, at once.
      if (round === MOST_ROUNDS) return { queued, nextAt: at.toISOString() };
    }
  }

  async function handlingOf(tx: Db, { id, org_id: orgId }: AgentRow): Promise<HandledMail[]> {
    const handling: HandledMail[] = [];
    for (const receipt of (await deliveredTo(tx, id)).filter(isHandled)) {
      const task = await getTask(tx, orgId, receipt.task_id);
      if (task) handling.push({ messageId: receipt.message_id, taskId: task.id, priority: task.priority });
    }
    return handling;
  }

  /** What is being handled then; undefined where the agent was deleted. */
  return async function giveMail({ orgId, agentId }: AgentRef, at: Date): Promise<MailLook | undefined> {
    return database.db.transaction().execute(async (tx) => {
      const agent = await lockAgent(tx, orgId, agentId);
      if (!agent) return undefined;
      const isFirst = !(await doesTaskWait(tx));
      const given = isHandledHere(agent) ? await give(tx, agent, at) : { queued: 0, nextAt: null };
      return { name: agent.name, ...given, handling: await handlingOf(tx, agent), isFirst };
    });
  };
}
