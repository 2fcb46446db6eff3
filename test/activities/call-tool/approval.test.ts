import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { decideCalls } from '../../../src/db/approvals.js';
import type { TaskRow } from '../../../src/db/tasks.js';
import { defineTool } from '../../../src/plugin/define-tool.js';
import { describeEachDatabase } from '../../support/databases.js';
import { plugin, toolCalls } from '../../support/tool-calls.js';

const paid: unknown[] = [];
const pay = defineTool({
  name: 'pay',
  description: 'For tests',
  category: 'test',
  schema: z.strictObject({ amount: z.number() }),
  execute(args) {
    paid.push(args);
    return 'paid';
  },
});
const MINUTE_MS = 60_000;

describeEachDatabase('a call that has to be approved', (database) => {
  const { agentWith, running, call, callOf, look, asked, eventsOf, rowOf, change, aTool, db } = toolCalls(
    database,
    { code: [plugin(pay)] },
  );
  const payer = () => agentWith(['pay'], { requiresApproval: true });
  const decide = (task: TaskRow, decision: 'approved' | 'rejected', reason: string | null = null) =>
    decideCalls(db(), task, { decision, callId: undefined, by: 'somebody', reason, at: new Date() });

  test('waits, with what it would be made with, and says until when', async () => {
    const task = await running(await payer());
    const before = paid.length;
    await asked(task, 'pay', { amount: 5 });
    const outcome = await look(task);
    expect(outcome).toEqual({ kind: 'approval', deadlineMs: expect.any(Number) });
    const held = await callOf(task);
    expect(held).toMatchObject({ status: 'awaiting_approval', arguments: { amount: 5 }, started_at: null });
    const deadline = held.approval_deadline?.getTime() ?? 0;
    expect(deadline).toBeGreaterThan(Date.now() + 9 * MINUTE_MS);
    const row = await rowOf(task);
    expect(row.status).toBe('awaiting_approval');
    expect(row.overdue_at?.getTime()).toBe(deadline + MINUTE_MS);
    expect((await eventsOf(task)).at(-1)).toMatchObject({
      type: 'task.awaiting_approval',
      data: { callId: held.id, tool: 'pay', deadline: new Date(deadline).toISOString() },
    });
    expect(await look(task)).toMatchObject({ kind: 'approval' });
    expect((await callOf(task)).approval_deadline).toEqual(held.approval_deadline);
    expect(paid.length).toBe(before);
  });

  test('is made once it was approved, and its task runs again', async () => {
    const task = await running(await payer());
    await asked(task, 'pay', { amount: 7 });
    await look(task);
    await decide(task, 'approved');
    expect(await look(task)).toEqual({ kind: 'made' });
    expect(await callOf(task)).toMatchObject({ status: 'completed', result: 'paid', decided_by: 'somebody' });
    expect(paid.at(-1)).toEqual({ amount: 7 });
    expect((await rowOf(task)).status).toBe('running');
  });

  test('is not made once it was rejected; the reason is told', async () => {
    const task = await running(await payer());
    const before = paid.length;
    await asked(task, 'pay', { amount: 5 });
    await look(task);
    await decide(task, 'rejected', 'too dear');
    expect(await look(task)).toEqual({ kind: 'made' });
    expect(await callOf(task)).toMatchObject({ status: 'rejected', error: 'was rejected: too dear' });
    expect(await look(task)).toEqual({ kind: 'made' });
    expect([paid.length, (await rowOf(task)).status]).toEqual([before, 'running']);
  });

  test('is not made when nobody decides in time, nor after that', async () => {
    const agent = await agentWith([]);
    await change(agent, { tools: JSON.stringify(['pay']) });
    await aTool(agent, 'pay', { requiresApproval: true, settings: { approvalTimeoutSeconds: 60 } });
    const task = await running(agent);
    const before = paid.length;
    await asked(task, 'pay', { amount: 5 });
    await look(task);
    const late = () => Date.now() + MINUTE_MS;
    expect(await look(task, undefined, { now: late })).toEqual({ kind: 'made' });
    expect(await callOf(task)).toMatchObject({
      status: 'rejected',
      error: 'was not approved: nobody decided in time',
    });
    expect(await decide(task, 'approved')).toEqual([]);
    expect([paid.length, (await rowOf(task)).status]).toEqual([before, 'running']);
  });

  test('is checked again when it was approved: a tool that was taken away stays away', async () => {
    const agent = await payer();
    const task = await running(agent);
    const before = paid.length;
    await asked(task, 'pay', { amount: 5 });
    await look(task);
    await decide(task, 'approved');
    await change(agent, { tools: JSON.stringify([]) });
    await look(task);
    expect([(await callOf(task)).status, paid.length]).toEqual(['refused', before]);
  });

  test('with arguments that do not fit is not held up before anybody', async () => {
    const task = await running(await payer());
    expect((await call(task, 'pay', { amount: 'all' })).status).toBe('failed');
    expect((await rowOf(task)).status).toBe('running');
  });

  test('holds its task up as long as one of several waits', async () => {
    const task = await running(await payer());
    for (const place of ['execute.0.0', 'execute.0.1'])
      await look(task, await asked(task, 'pay', { amount: 1 }, place));
    const [first] = [await callOf(task, 'execute.0.0')];
    await decideCalls(db(), task, {
      ...{ decision: 'rejected', callId: first.id, by: 'somebody', reason: null, at: new Date() },
    });
    await look(task, 'execute.0.0');
    expect((await rowOf(task)).status).toBe('awaiting_approval');
    await decide(task, 'rejected');
    await look(task, 'execute.0.1');
    expect((await rowOf(task)).status).toBe('running');
  });

  test('does not wait for the approval of a task that has ended', async () => {
    const task = await running(await payer());
    await asked(task, 'pay', { amount: 5 });
    await look(task);
    await db().updateTable('tasks').set({ status: 'timed_out' }).where('id', '=', task.id).execute();
    await expect(look(task)).rejects.toMatchObject({ type: 'cancelled' });
  });
});
