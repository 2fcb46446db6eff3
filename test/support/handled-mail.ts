import { randomUUID } from 'node:crypto';
import type { AgentRow } from '../../src/db/agents.js';
import { type NewMessage, type ReceiptRow, receiptsOf } from '../../src/db/messages.js';
import { getTask, type TaskRow } from '../../src/db/tasks.js';
import {
  type Addressee,
  createMailboxes,
  type Mailboxes,
  type Sending,
} from '../../src/mailboxes/mailboxes.js';
import { anAgent } from './agents.js';
import type { TestApiOptions } from './api.js';
import { eventually, startMainspring, type TestMainspring } from './mainspring.js';
import { type ModelServer, startModelServer } from './model-server.js';

/** All of Mainspring with a model, and agents whose messages are handled there. */
export interface HandledMailWorld extends TestMainspring {
  model: ModelServer;
  mailboxes: Mailboxes;
  /** One that runs, and asks each model once. */
  agent(over?: Partial<AgentRow> & { orgId?: string }): Promise<AgentRow>;
  /** Sends what is given to an agent; answers the id. */
  tell(agent: AgentRow, payload: Record<string, unknown>, over?: Partial<NewMessage>): Promise<string>;
  dispatch(message: Partial<NewMessage> & { orgId: string }, addressee: Addressee): Promise<Sending>;
  receipt(agent: AgentRow, messageId: string): Promise<ReceiptRow | undefined>;
  /** What became of a message in the end. */
  ended(agent: AgentRow, messageId: string): Promise<ReceiptRow>;
  taskOf(agent: AgentRow, messageId: string): Promise<TaskRow>;
}

export const aMessage = (over: Partial<NewMessage> & { orgId: string }): NewMessage => ({
  ...{ id: randomUUID(), topic: null, sender: 'a test', type: 'question', payload: {} },
  ...{ sentAt: Math.floor(Date.now() / 1_000), replyTo: null, inReplyTo: null, isPublished: false },
  ...{ fingerprint: null, expiresAt: null, createdAt: new Date() },
  ...over,
});

const OPEN = ['queued', 'delivered'];

export async function startHandledMail(options: TestApiOptions = {}): Promise<HandledMailWorld> {
  const model = await startModelServer();
  const world = await startMainspring({
    ...options,
    env: {
      ...{ GOOGLE_API_KEY: 'google-key', GOOGLE_BASE_URL: `${model.url}/v1beta` },
      ...options.env,
    },
  });
  const { database, starter, vault } = world;
  const mailboxes = createMailboxes({ database, starter });
  const dispatch: HandledMailWorld['dispatch'] = (message, addressee) =>
    mailboxes.send(aMessage(message), addressee);
  const receipt: HandledMailWorld['receipt'] = async (agent, messageId) => {
    const receipts = await receiptsOf(database.db, agent.org_id, [messageId], 100);
    return receipts.find(({ agent_id: id }) => id === agent.id);
  };
  return {
    ...world,
    ...{ model, mailboxes, receipt },
    dispatch,
    agent: (over = {}) =>
      anAgent(database, {
        ...{ lifecycle: 'running' as const, handler: { type: 'chat' }, limits: { maxAttempts: 1 } },
        ...{ environment: vault.seal('{}'), settings: vault.seal('{}') },
        ...over,
      }),
    async tell(agent, payload, over = {}) {
      const id = over.id ?? randomUUID();
      const sending = await dispatch(
        { orgId: agent.org_id, payload, ...over, id },
        { kind: 'agent', agentId: agent.id },
      );
      if (sending.kind !== 'accepted') throw new Error(`not accepted: ${sending.kind}`);
      return id;
    },
    async ended(agent, messageId) {
      const found = await eventually(
        () => receipt(agent, messageId),
        (row) => row !== undefined && !OPEN.includes(row.status),
      );
      if (!found) throw new Error('there is no such receipt');
      return found;
    },
    async taskOf(agent, messageId) {
      const row = await receipt(agent, messageId);
      const task = row?.task_id ? await getTask(database.db, agent.org_id, row.task_id) : undefined;
      if (!task) throw new Error('no task handles the message');
      return task;
    },
    async close() {
      await world.close();
      await model.close();
    },
  };
}
