import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { type AgentRow, updateAgent } from '../../../src/db/agents.js';
import { endTask, getTask } from '../../../src/db/tasks.js';
import { claimToolCall } from '../../../src/db/tool-calls.js';
import { defineAgent, defineMethod } from '../../../src/plugin/define-agent.js';
import { executeAgent } from '../../../src/tools/system/execute-agent.js';
import { anAgent } from '../../support/agents.js';
import { describeEachDatabase } from '../../support/databases.js';
import { builtin, toolCalls } from '../../support/tool-calls.js';

const counter = defineAgent({
  name: 'Counter',
  type: 'COUNTER',
  description: 'For tests',
  methods: {
    count: defineMethod({
      description: 'Counts',
      input: z.strictObject({ to: z.number() }),
      run: ({ to }) => to,
    }),
  },
});

describeEachDatabase("another agent's part of a task", (database) => {
  const { agentWith, running, call, callOf, look, asked, rowOf, started, db } = toolCalls(database, {
    code: [builtin(executeAgent)],
    definitions: [counter],
  });
  const asker = () => agentWith(['execute_agent']);
  const helper = ({ org_id: orgId }: AgentRow, over: Partial<AgentRow> = {}) =>
    anAgent(database(), { orgId, definition: 'Counter', lifecycle: 'running', ...over });
  const count = (agent: AgentRow, to: unknown = 3) => ({ agent: agent.name, method: 'count', input: { to } });

  test('is a task of its own, which is waited for; what it comes to is the answer', async () => {
    const agent = await asker();
    const other = await helper(agent);
    const task = await running(agent, { priority: 3, userId: 'user' });
    await asked(task, 'execute_agent', count(other));
    const outcome = await look(task);
    const childId = `${task.id}.execute.0.0.task`;
    expect(outcome).toEqual({ kind: 'child', taskId: childId });
    const child = await getTask(db(), task.org_id, childId);
    expect(child).toMatchObject({
      ...{ agent_id: other.id, method: 'count', input: { to: 3 }, priority: 3, user_id: 'user', depth: 1 },
      ...{ parent_id: task.id, root_id: task.id, status: 'queued' },
    });
    // The workflow of the task starts it, and waits for it.
    expect(started).not.toContain(childId);
    expect(await look(task)).toEqual(outcome);
    const end = { status: 'completed' as const, output: { counted: 3 }, error: null, at: new Date() };
    await endTask(db(), { orgId: task.org_id, id: childId }, end);
    expect(await look(task)).toEqual({ kind: 'made' });
    expect(await callOf(task)).toMatchObject({
      status: 'completed',
      result: { counted: 3 },
      child_id: childId,
    });
  });

  test('that fails is a failure, told with its reason', async () => {
    const agent = await asker();
    const other = await helper(agent);
    const task = await running(agent);
    await asked(task, 'execute_agent', count(other));
    await look(task);
    const error = { category: 'budget' as const, message: 'no money is left' };
    const id = `${task.id}.execute.0.0.task`;
    await endTask(db(), { orgId: task.org_id, id }, { status: 'failed', error, at: new Date() });
    await look(task);
    expect((await callOf(task)).error).toBe(`${other.name}: budget: no money is left`);
  });

  test('is started once, also where the worker died before its row was written', async () => {
    const agent = await asker();
    const other = await helper(agent);
    const task = await running(agent);
    await asked(task, 'execute_agent', count(other));
    const childId = `${task.id}.execute.0.0.task`;
    await claimToolCall(db(), await callOf(task), { childId, at: new Date() });
    expect(await look(task)).toEqual({ kind: 'child', taskId: childId });
    expect(await look(task)).toEqual({ kind: 'child', taskId: childId });
    const rows = await db().selectFrom('tasks').selectAll().where('parent_id', '=', task.id).execute();
    expect(rows).toHaveLength(1);
  });

  test.each([
    ['an agent that is not there', { agent: 'nobody', prompt: 'x' }, 'there is no agent "nobody"'],
    ['neither method nor prompt', { agent: 'nobody' }, 'either method or prompt is needed'],
  ])('is refused for %s', async (_, args, error) => {
    const made = await call(await running(await asker()), 'execute_agent', args);
    expect(made).toMatchObject({ status: 'failed', error: expect.stringContaining(error) });
  });

  test("is refused for another organisation's agent, a paused one, an unknown method, wrong input", async () => {
    const agent = await asker();
    const foreign = await helper(await asker());
    const task = await running(agent);
    const errorOf = async (args: object, place: string) =>
      (await call(task, 'execute_agent', args, place)).error;
    expect(await errorOf(count(foreign), 'execute.0.0')).toContain('there is no agent');
    const paused = await helper(agent, { lifecycle: 'paused' });
    expect(await errorOf(count(paused), 'execute.0.1')).toContain('it is paused');
    const other = await helper(agent);
    const unknown = { agent: other.name, method: 'juggle' };
    expect(await errorOf(unknown, 'execute.0.2')).toContain('method: must be one of count, prompt');
    expect(await errorOf(count(other, 'three'), 'execute.0.3')).toContain('input.to: ');
  });

  test('goes to nobody who works on it already', async () => {
    const agent = await asker();
    const task = await running(agent);
    const own = await call(task, 'execute_agent', { agent: agent.name, prompt: 'again' });
    expect(own.error).toContain('works on this already');
    const other = await agentWith(['execute_agent']);
    const moved = await updateOrg(other, agent.org_id);
    const child = await running(moved, { parent: task });
    const back = await call(child, 'execute_agent', { agent: agent.name, prompt: 'back' });
    expect(back.error).toContain('works on this already');
  });

  /** An agent of the same organisation that has the tool as well. */
  async function updateOrg(agent: AgentRow, orgId: string): Promise<AgentRow> {
    return db()
      .transaction()
      .execute(async (tx) => {
        await tx.updateTable('agents').set({ org_id: orgId }).where('id', '=', agent.id).execute();
        return updateAgent(tx, agent, {}, { raisesConfig: false });
      });
  }

  test('is no deeper than three levels', async () => {
    const agent = await asker();
    const other = await helper(agent);
    const task = await running(agent, { parent: { id: 'b', root_id: 'a', depth: 2 } });
    expect(task.depth).toBe(3);
    expect((await call(task, 'execute_agent', count(other))).error).toContain('3 levels deep at most');
  });

  test('is one of ten at most, also when they are asked for at once', async () => {
    const agent = await asker();
    const others = await Promise.all(Array.from({ length: 12 }, () => helper(agent)));
    const task = await running(agent);
    const places = await Promise.all(
      others.map((other, index) => asked(task, 'execute_agent', count(other), `execute.0.${index}`)),
    );
    const outcomes = await Promise.all(places.map((place) => look(task, place)));
    expect(outcomes.filter(({ kind }) => kind === 'child')).toHaveLength(10);
    const rows = await db().selectFrom('tasks').selectAll().where('parent_id', '=', task.id).execute();
    expect(rows).toHaveLength(10);
    const calls = await Promise.all(places.map((place) => callOf(task, place)));
    const refused = calls.filter(({ status }) => status === 'failed');
    expect(refused.map(({ error }) => error)).toEqual(Array(2).fill(expect.stringContaining('10 others')));
    expect((await rowOf(task)).status).toBe('running');
  });
});
