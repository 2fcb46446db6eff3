import { beforeAll, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { z } from 'zod';
import { createRunStage, type StageRef } from '../../src/activities/task/run-stage.js';
import type { AgentRow } from '../../src/db/agents.js';
import type { Database } from '../../src/db/database.js';
import { getMemory } from '../../src/db/memories.js';
import { getToolCall } from '../../src/db/task-calls.js';
import { endTask, getTask, type TaskRow } from '../../src/db/tasks.js';
import type { CallRef } from '../../src/messages/task.js';
import type { Method } from '../../src/plugin/define-agent.js';
import {
  type AgentContext,
  CallError,
  defineAgent,
  defineMethod,
  type Hooks,
} from '../../src/plugin/index.js';
import type { Stage } from '../../src/schemas/task.js';
import { anAgent } from '../support/agents.js';
import { describeEachDatabase, silentLog } from '../support/databases.js';
import { aTask } from '../support/tasks.js';

interface Running {
  task: TaskRow;
  agent: AgentRow;
  run(stage: Stage, over?: Pick<StageRef, 'error' | 'failed'>): Promise<CallRef[]>;
  /** Why it failed, as its row says. */
  why(): Promise<{ category: string | null; message: string | null }>;
  /** What the code of a stage came to. */
  output(stage: Stage): Promise<unknown>;
}

/** A task of an agent with this code. */
async function coded(
  database: Database,
  source: Hooks & { work?: (input: { item: string }, context: AgentContext) => unknown },
  over: Parameters<typeof aTask>[2] = {},
): Promise<Running> {
  const { work, ...hooks } = source;
  const methods: Record<string, Method> = {};
  if (work)
    methods.work = defineMethod({ description: 'works', input: z.object({ item: z.string() }), run: work });
  const definition = defineAgent({
    name: 'Coded',
    type: 'CODED',
    description: 'of a test',
    methods,
    ...hooks,
  });
  const agent = await anAgent(database, { definition: 'Coded' });
  const task = await aTask(database, agent, {
    method: 'work',
    prompt: null,
    input: { item: 'tea' },
    ...over,
  });
  const runStage = createRunStage({
    database,
    catalogue: { agents: [definition], tools: new Map(), handlers: new Map() },
    models: { of: () => [], firstOf: () => null, lackOf: () => 'there is none' },
    log: silentLog,
  });
  const ref = { orgId: task.org_id, taskId: task.id };
  return {
    task,
    agent,
    run: (stage, over = {}) => new MockActivityEnvironment().run(runStage, { ...ref, stage, ...over }),
    async why() {
      const row = await getTask(database.db, task.org_id, task.id);
      return { category: row?.error_category ?? null, message: row?.error_message ?? null };
    },
    async output(stage) {
      const row = await database.db
        .selectFrom('task_stages')
        .select('output')
        .where('task_id', '=', task.id)
        .where('stage', '=', stage)
        .executeTakeFirst();
      return row?.output;
    },
  };
}

/** As the activities do that make the calls. */
async function made(
  { db }: Database,
  { org_id, id }: TaskRow,
  place: string,
  result: unknown,
): Promise<void> {
  await db
    .updateTable('tool_calls')
    .set({ status: 'completed', result: JSON.stringify(result) })
    .where('org_id', '=', org_id)
    .where('id', '=', `${id}.${place}`)
    .execute();
}
async function failed(
  { db }: Database,
  { org_id, id }: TaskRow,
  place: string,
  error: string,
): Promise<void> {
  await db
    .updateTable('tool_calls')
    .set({ status: 'failed', error })
    .where('org_id', '=', org_id)
    .where('id', '=', `${id}.${place}`)
    .execute();
}

describeEachDatabase("an agent's code", (database) => {
  let opened: Database;
  beforeAll(() => {
    opened = database();
  });

  test('is given the recorded answer of a call, however often it runs', async () => {
    let runs = 0;
    const { run, task, output } = await coded(opened, {
      async work({ item }, context) {
        runs += 1;
        return { found: await context.callTool('search', { item }) };
      },
    });
    expect(await run('execute')).toEqual([{ kind: 'tool', place: 'execute.0' }]);
    const call = await getToolCall(opened.db, task.org_id, `${task.id}.execute.0`);
    expect(call).toMatchObject({ name: 'search', arguments: { item: 'tea' }, status: 'requested' });
    await made(opened, task, 'execute.0', ['green']);
    expect(await run('execute')).toEqual([]);
    expect(await output('execute')).toEqual({ found: ['green'] });
    expect(await run('execute')).toEqual([]);
    expect(runs).toBe(2);
  });

  test('wants calls that it makes at once together', async () => {
    const { run, task, output } = await coded(opened, {
      work: (_, context) => Promise.all(['a', 'b', 'c'].map((name) => context.callTool(name))),
    });
    const wanted = await run('execute');
    expect(wanted.map(({ place }) => place)).toEqual(['execute.0', 'execute.1', 'execute.2']);
    for (const { place } of wanted) await made(opened, task, place, place);
    expect(await run('execute')).toEqual([]);
    expect(await output('execute')).toEqual(['execute.0', 'execute.1', 'execute.2']);
  });

  test('is told when a tool failed, and may go on', async () => {
    const { run, task, output } = await coded(opened, {
      work: (_, context) =>
        context
          .callTool('search')
          .catch((error: unknown) => (error instanceof CallError ? error.message : null)),
    });
    await run('execute');
    await failed(opened, task, 'execute.0', 'is not one of its tools');
    await run('execute');
    expect(await output('execute')).toBe('is not one of its tools');
  });

  test('that does not go on fails with the category of the call', async () => {
    const { run, task, why } = await coded(opened, { work: (_, context) => context.callTool('search') });
    await run('execute');
    await failed(opened, task, 'execute.0', 'no such index');
    await expect(run('execute')).rejects.toMatchObject({ type: 'tool', nonRetryable: true });
    expect(await why()).toEqual({ category: 'tool', message: 'no such index' });
  });

  test('that throws is not tried again', async () => {
    const { run, why } = await coded(opened, {
      work() {
        throw new Error('no tea left');
      },
    });
    await expect(run('execute')).rejects.toMatchObject({ type: 'code', nonRetryable: true });
    expect(await why()).toEqual({ category: 'code', message: 'execute: no tea left' });
  });

  test('says why in its row only: what it throws may quote what nobody else is to read', async () => {
    const { run } = await coded(opened, {
      work() {
        throw new Error('the card 4111 was refused');
      },
    });
    const failure = await run('execute').catch((error: unknown) => error);
    expect(String(failure)).not.toContain('4111');
  });

  test('that asks for something else when it runs again is stopped', async () => {
    let runs = 0;
    const { run, task, why } = await coded(opened, {
      work: (_, context) => context.callTool(runs++ === 0 ? 'search' : 'delete_everything'),
    });
    await run('execute');
    await made(opened, task, 'execute.0', []);
    await expect(run('execute')).rejects.toMatchObject({ type: 'code' });
    expect((await why()).message).toMatch(/execute\.0/);
  });

  test.each(['requested', 'running', 'awaiting_approval', 'approved'] as const)(
    'wants a call again that is still %s: its run was begun anew',
    async (status) => {
      const { run, task } = await coded(opened, { work: (_, context) => context.callTool('search') });
      const wanted = await run('execute');
      await opened.db.updateTable('tool_calls').set({ status }).where('task_id', '=', task.id).execute();
      expect(await run('execute')).toEqual(wanted);
    },
  );

  test('is told of a call that could not be made', async () => {
    const { run, why } = await coded(opened, { work: (_, context) => context.callTool('search') });
    await run('execute');
    await expect(run('execute', { failed: ['execute.0'] })).rejects.toMatchObject({ type: 'tool' });
    expect((await why()).message).toMatch(/interrupted/);
  });

  test('counts once, when the stage is over', async () => {
    const { run, task, agent } = await coded(opened, {
      async work(_, context) {
        await context.updateMetric('teas', 2);
        await context.callTool('search');
        await context.updateMetric('teas', 1);
      },
    });
    await run('execute');
    await made(opened, task, 'execute.0', []);
    await run('execute');
    await run('execute');
    const metrics = await opened.db
      .selectFrom('agent_metrics')
      .select(['name', 'total'])
      .where('agent_id', '=', agent.id)
      .execute();
    expect(metrics).toEqual([{ name: 'teas', total: 3 }]);
  });

  test('remembers, for its session or for all of them', async () => {
    const { run, agent, task } = await coded(
      opened,
      {
        async work(_, { memory, callTool }) {
          const before = await memory.get('teas');
          await memory.set('teas', typeof before === 'number' ? before + 1 : 1);
          await callTool('search');
          await memory.set('mood', { is: 'good' });
          await memory.set('name', 'Ada', null);
          return memory.get('mood');
        },
      },
      { sessionId: 's-1' },
    );
    await run('execute');
    await made(opened, task, 'execute.0', []);
    await run('execute');
    await run('execute');
    const place = { orgId: agent.org_id, agentId: agent.id };
    const remembered = async (key: string, sessionId: string | null) =>
      (await getMemory(opened.db, { ...place, sessionId, key }))?.value;
    expect(await remembered('mood', 's-1')).toEqual({ is: 'good' });
    expect(await remembered('name', null)).toBe('Ada');
    // Once, however often the code ran.
    expect(await remembered('teas', 's-1')).toBe(1);
  });
});

describeEachDatabase('the stages of a task', (database) => {
  test('hand on input and output', async () => {
    const told: unknown[] = [];
    const { run, output } = await coded(database(), {
      onPreprocess: ({ item }) => ({ item: `${item} leaves` }),
      onExecute: ({ item }) => `brewed ${item}`,
      onPostprocess: (result) => ({ cup: result }),
      onSuccess: (result) => void told.push(result),
    });
    for (const stage of ['preprocess', 'execute', 'postprocess', 'success'] as const) await run(stage);
    expect(await output('postprocess')).toEqual({ cup: 'brewed tea leaves' });
    expect(told).toEqual([{ cup: 'brewed tea leaves' }]);
  });

  test('tell of an error', async () => {
    const told: unknown[] = [];
    const { run } = await coded(database(), { onError: (error) => void told.push(error) });
    await run('error', { error: { category: 'tool', message: 'no such index' } });
    expect(told).toEqual([{ category: 'tool', message: 'no such index' }]);
  });

  test('do not begin once the task has ended, but for those that tell of it', async () => {
    const { run, task } = await coded(database(), { work: () => 'done', onShutdown: () => 'shut down' });
    const ref = { orgId: task.org_id, id: task.id };
    await endTask(database().db, ref, { status: 'cancelled', error: null, at: new Date() });
    await expect(run('execute')).rejects.toMatchObject({ type: 'cancelled' });
    expect(await run('shutdown')).toEqual([]);
    expect((await getTask(database().db, task.org_id, task.id))?.status).toBe('cancelled');
  });
});
