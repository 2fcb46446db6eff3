import { sql } from 'kysely';
import type { Db } from './database.js';
import type { MailOwner } from './late-mail.js';
import type { ReceiptRow } from './messages.js';

type ReceiptKey = Pick<ReceiptRow, 'org_id' | 'message_id' | 'agent_id' | 'lease_id'>;

const heldReceipt = (tx: Db, { org_id, message_id, agent_id, lease_id }: ReceiptKey) =>
  tx
    .updateTable('receipts')
    .where('org_id', '=', org_id)
    .where('message_id', '=', message_id)
    .where('agent_id', '=', agent_id)
    .where('status', '=', 'delivered')
    .where('lease_id', '=', lease_id);

/** Whether a task handles what an agent was given; what is leased is handled elsewhere. */
export const isHandled = (receipt: ReceiptRow): receipt is ReceiptRow & { task_id: string } =>
  receipt.task_id !== null && receipt.leased_until === null;

/** Says which task handles a message that its agent was given. */
export async function noteTask(tx: Db, receipt: ReceiptKey, taskId: string): Promise<void> {
  await heldReceipt(tx, receipt).set({ task_id: taskId }).executeTakeFirstOrThrow();
}

/** Tasks that have not ended though their message was taken away from them. */
export async function unwantedTasks(db: Db, { orgId, agentId }: MailOwner): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select tasks.id from tasks join receipts on receipts.org_id = tasks.org_id
      and receipts.task_id = tasks.id and receipts.agent_id = tasks.agent_id
    where tasks.agent_id = ${agentId} and tasks.org_id = ${orgId} and tasks.overdue_at is not null
      and (receipts.status <> 'delivered' or receipts.leased_until is not null)`.execute(db);
  return rows.map(({ id }) => id);
}

/** Puts a message back that nobody began to handle, as if it had not been given. */
export async function putBack(tx: Db, receipt: ReceiptKey): Promise<void> {
  await heldReceipt(tx, receipt)
    .set((row) => ({
      ...{ status: 'queued' as const, lease_id: null, leased_until: null, task_id: null },
      deliveries: row('deliveries', '-', 1),
    }))
    .execute();
}
