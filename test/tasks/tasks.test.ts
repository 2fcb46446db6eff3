import { beforeAll, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createBeginTask } from '../../src/activities/task/begin-task.js';
import { readConfig } from '../../src/config.js';
import type { AgentRow } from '../../src/db/agents.js';
import type { Database } from '../../src/db/database.js';
import { requestToolCalls, toolCallsOf } from '../../src/db/task-calls.js';
import { getTask, type TaskRow } from '../../src/db/tasks.js';
import type { TaskRef } from '../../src/messages/task.js';
import { createTasks, type Tasks } from '../../src/tasks/tasks.js';
import { anAgent } from '../support/agents.js';
import { describeEachDatabase } from '../support/databases.js';
import { aTask } from '../support/tasks.js';
import { newVault } from '../support/vault.js';

describeEachDatabase('the end of a task', (database) => {
  let opened: Database;
  let agent: AgentRow;
  let tasks: Tasks;
  const cancelled: string[] = [];
  beforeAll(async () => {
    opened = database();
    agent = await anAgent(opened);
    const starter = {
      startTask: async () => undefined,
      tryCancelTask: async ({ taskId }: TaskRef) => void cancelled.push(taskId),
      ensureEndpoint: async () => undefined,
      wakeEndpoint: () => undefined,
      wakeMailbox: () => undefined,
    };
    tasks = createTasks({ database: opened, starter, vault: newVault(), config: readConfig({}) });
  });

  const refOf = ({ org_id: orgId, id: taskId }: TaskRow) => ({ orgId, taskId });
  const cancel = (task: TaskRow) =>
    tasks.end(refOf(task), { status: 'cancelled', error: null, at: new Date() });
  const statusOf = async ({ org_id, id }: TaskRow) => (await getTask(opened.db, org_id, id))?.status;
  const below = (parent: TaskRow) => aTask(opened, agent, { parent });

  test('ends what is below it, and nothing else', async () => {
    const root = await aTask(opened, agent);
    const [child, sibling] = [await below(root), await below(root)];
    const grandchild = await below(child);
    await cancel(child);
    expect(await Promise.all([root, sibling, child, grandchild].map(statusOf))).toEqual([
      ...['queued', 'queued', 'cancelled', 'cancelled'],
    ]);
    expect(cancelled).toEqual([grandchild.id]);
    await cancel(root);
    expect(await statusOf(sibling)).toBe('cancelled');
  });

  test('leaves no call that waits for somebody', async () => {
    const task = await aTask(opened, agent);
    const calls = ['requested', 'awaiting_approval', 'approved', 'completed'] as const;
    await requestToolCalls(
      opened.db,
      task,
      calls.map((status) => ({
        ...{ id: `${task.id}.${status}`, place: `execute.0.${status}`, name: 'search' },
        ...{ arguments: {}, modelCallRef: null },
      })),
    );
    for (const status of calls)
      await opened.db
        .updateTable('tool_calls')
        .set({ status })
        .where('id', '=', `${task.id}.${status}`)
        .execute();
    await cancel(task);
    const rows = await toolCallsOf(opened.db, task.org_id, [task.id]);
    expect(rows.map(({ place, status }) => [place.split('.')[2], status]).sort()).toEqual([
      ['approved', 'failed'],
      ['awaiting_approval', 'failed'],
      ['completed', 'completed'],
      ['requested', 'failed'],
    ]);
  });

  test('comes once: who is later changes nothing', async () => {
    const task = await aTask(opened, agent);
    await cancel(task);
    expect(
      await tasks.end(refOf(task), { status: 'completed', output: 'late', error: null, at: new Date() }),
    ).toBeUndefined();
    expect(await statusOf(task)).toBe('cancelled');
  });

  test('tells why also where that is no text for a database', async () => {
    const task = await aTask(opened, agent);
    const error = { category: 'code' as const, message: `a\0b${'c'.repeat(5_000)}` };
    const ended = await tasks.end(refOf(task), { status: 'failed', error, at: new Date() });
    expect(ended?.error_message).toHaveLength(2_000);
  });

  const begin = (task: TaskRow, lack: string | null = null) => {
    const beginTask = createBeginTask({
      ...{ database: opened, tasks, catalogue: { agents: [], tools: new Map(), handlers: new Map() } },
      models: { of: () => [], firstOf: () => null, lackOf: () => lack },
    });
    return new MockActivityEnvironment().run(beginTask, refOf(task));
  };

  test('comes at once where its agent cannot carry it out', async () => {
    const task = await aTask(opened, agent);
    expect(await begin(task, 'needs a model: set LLM_ENDPOINT')).toBeNull();
    expect(await getTask(opened.db, task.org_id, task.id)).toMatchObject({
      ...{ status: 'failed', error_category: 'configuration' },
      error_message: 'needs a model: set LLM_ENDPOINT',
    });
  });

  test('keeps a part of it from beginning', async () => {
    const root = await aTask(opened, agent);
    await cancel(root);
    const late = await below(root);
    expect(await begin(late)).toBeNull();
    expect(await statusOf(late)).toBe('cancelled');
  });

  test.each(['suspended', 'stopped'])('comes when its agent is %s before it begins', async (how) => {
    const over = how === 'suspended' ? { is_suspended: true } : { lifecycle: 'stopped' as const };
    const task = await aTask(opened, await anAgent(opened, over));
    expect(await begin(task)).toBeNull();
    expect((await getTask(opened.db, task.org_id, task.id))?.error_message).toMatch(how);
  });

  test('does not come where its agent is only paused: it waits', async () => {
    const task = await aTask(opened, await anAgent(opened, { lifecycle: 'paused' }));
    await expect(begin(task)).rejects.toMatchObject({ nonRetryable: false });
    expect(await statusOf(task)).toBe('queued');
  });
});
