import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLookAtMail } from '../../src/activities/mailbox/look-at-mail.js';
import { readConfig } from '../../src/config.js';
import { type AgentRow, updateAgent } from '../../src/db/agents.js';
import type { Database } from '../../src/db/database.js';
import { receiptsOf } from '../../src/db/messages.js';
import { endTask, getTask } from '../../src/db/tasks.js';
import { loadCatalogue } from '../../src/hosted/index.js';
import { createMailboxes } from '../../src/mailboxes/mailboxes.js';
import { createTasks, type Tasks } from '../../src/tasks/tasks.js';
import { anAgent, refOf } from '../support/agents.js';
import { databases } from '../support/databases.js';
import { aMessage } from '../support/handled-mail.js';
import { newVault } from '../support/vault.js';

/** Agents whose mailbox was told of something. */
const woken: string[] = [];
const nothing = async () => undefined;
const starter = {
  ...{ ensureMailbox: nothing, tellMailbox: nothing, ensureEndpoint: nothing },
  wakeMailbox: ({ agentId }: { agentId: string }) => void woken.push(agentId),
  ...{ wakeEndpoint: () => undefined, startTask: nothing, tryCancelTask: nothing },
};

describe.each(databases)('a look at the mail of an agent on $name', ({ open }) => {
  let database: Database;
  let tasks: Tasks;
  let aheadMs = 0;
  const now = () => Date.now() + aheadMs;
  let look: (agent: AgentRow, running?: string[]) => ReturnType<ReturnType<typeof createLookAtMail>>;
  beforeAll(async () => {
    database = await open();
    const [config, catalogue] = [readConfig({}), await loadCatalogue({ MAINSPRING_PLUGINS: [] })];
    tasks = createTasks({ database, starter, vault: newVault(), config });
    const lookAtMail = createLookAtMail({
      ...{ database, catalogue, config, starter, now },
      mailboxes: createMailboxes({ database, starter }),
      tasks,
    });
    look = (agent, running = []) => lookAtMail({ ...refOf(agent), running });
  });
  afterAll(() => database.close());

  const talker = (over: Partial<AgentRow> = {}) =>
    anAgent(database, { lifecycle: 'running', handler: { type: 'chat' }, ...over });
  async function tell(agent: AgentRow, content = 'hello'): Promise<string> {
    const message = aMessage({ orgId: agent.org_id, payload: { content } });
    await createMailboxes({ database, starter }).send(message, { kind: 'agent', agentId: agent.id });
    return message.id;
  }
  const receiptOf = async (agent: AgentRow, id: string) =>
    (await receiptsOf(database.db, agent.org_id, [id], 1))[0];
  const change = (agent: AgentRow, columns: Parameters<typeof updateAgent>[2]) =>
    updateAgent(database.db, agent, columns, { raisesConfig: false });
  async function theTask(agent: AgentRow): Promise<string> {
    const [mail] = (await look(agent)).handling;
    if (!mail) throw new Error('nothing is being handled');
    return mail.taskId;
  }

  test('gives what is next with the task that handles it, however often it looks', async () => {
    const agent = await talker();
    const id = await tell(agent);
    await tell(agent, 'and this');
    const taskId = await theTask(agent);
    expect(await look(agent, [taskId])).toMatchObject({
      ...{ name: agent.name, queued: 1, handling: [{ messageId: id, taskId, priority: 5 }] },
    });
    expect(await getTask(database.db, agent.org_id, taskId)).toMatchObject({
      status: 'queued',
      prompt: 'hello',
    });
    expect(await receiptOf(agent, id)).toMatchObject({ status: 'delivered', deliveries: 1 });
  });

  test('puts back what was not begun before the agent was stopped', async () => {
    const agent = await talker();
    const id = await tell(agent);
    const taskId = await theTask(agent);
    await change(agent, { lifecycle: 'stopped' });
    await endTask(
      database.db,
      { orgId: agent.org_id, id: taskId },
      { status: 'failed', error: { category: 'configuration', message: 'stopped' }, at: new Date(now()) },
    );
    expect(await look(agent, [taskId])).toMatchObject({ queued: 1, handling: [] });
    expect(await receiptOf(agent, id)).toMatchObject({ status: 'queued', deliveries: 0, task_id: null });
    await change(agent, { lifecycle: 'running' });
    expect((await look(agent)).handling).toMatchObject([{ messageId: id }]);
  });

  test('ends the task of a message that was interrupted', async () => {
    const agent = await talker({ busy_policy: 'interrupt' });
    await tell(agent);
    const taskId = await theTask(agent);
    const second = await tell(agent, 'now!');
    expect((await look(agent, [taskId])).handling).toMatchObject([{ messageId: second }]);
    expect(await getTask(database.db, agent.org_id, taskId)).toMatchObject({ status: 'cancelled' });
  });

  test('ends it as well where no run knows of it', async () => {
    const agent = await talker({ busy_policy: 'interrupt' });
    await tell(agent);
    const taskId = await theTask(agent);
    await tell(agent, 'now!');
    await look(agent);
    expect(await getTask(database.db, agent.org_id, taskId)).toMatchObject({ status: 'cancelled' });
  });

  test('is asked for when a task has ended that handled a message', async () => {
    const agent = await talker();
    await tell(agent);
    const ref = { orgId: agent.org_id, taskId: await theTask(agent) };
    woken.length = 0;
    await tasks.end(ref, { status: 'completed', output: {}, error: null, at: new Date(now()) });
    expect(woken).toEqual([agent.id]);
  });

  test('gives what was refused again after a while, as another task', async () => {
    const agent = await talker();
    const id = await tell(agent);
    const taskId = await theTask(agent);
    await endTask(
      database.db,
      { orgId: agent.org_id, id: taskId },
      { status: 'failed', error: { category: 'model', message: 'away' }, at: new Date(now()) },
    );
    const waiting = await look(agent, [taskId]);
    expect(waiting.handling).toEqual([]);
    const waitMs = Date.parse(waiting.nextAt ?? '') - now();
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(1_000);
    aheadMs += 1_000;
    const again = await theTask(agent);
    expect(again).not.toBe(taskId);
    expect(await receiptOf(agent, id)).toMatchObject({ deliveries: 2, error: 'model: away', task_id: again });
  });

  test('leaves alone what an agent that is handled here no more has leased, and gives nothing', async () => {
    const agent = await talker();
    const id = await tell(agent);
    await change(agent, { handler: JSON.stringify(null) });
    expect(await look(agent)).toMatchObject({ handling: [] });
    await database.db
      .updateTable('receipts')
      .set({
        ...{ status: 'delivered', lease_id: 'a-lease', task_id: 'of-old' },
        leased_until: new Date(now() + 60_000),
      })
      .where('message_id', '=', id)
      .execute();
    expect(await look(agent)).toMatchObject({ handling: [] });
    expect(await receiptOf(agent, id)).toMatchObject({ status: 'delivered', lease_id: 'a-lease' });
  });

  test('of an agent that was deleted there is nothing to do', async () => {
    const agent = await talker();
    await database.db.deleteFrom('agents').where('id', '=', agent.id).execute();
    expect(await look(agent)).toEqual({ name: '', queued: 0, nextAt: null, handling: [] });
  });
});
