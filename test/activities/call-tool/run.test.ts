import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { ActivityCancellationDetails } from '@temporalio/common';
import { sql } from 'kysely';
import { z } from 'zod';
import { notify } from '../../../src/db/notify.js';
import { claimToolCall } from '../../../src/db/tool-calls.js';
import { endedNotices } from '../../../src/domain/ended-notice.js';
import { defineTool, InvalidInput, type ToolContext } from '../../../src/plugin/define-tool.js';
import { defineBuiltin } from '../../../src/tools/builtin.js';
import { describeEachDatabase } from '../../support/databases.js';
import { attempt, builtin, plugin, toolCalls } from '../../support/tool-calls.js';
import { until } from '../../support/until.js';

const base = { description: 'For tests', category: 'test', schema: z.looseObject({}) };
const contexts: ToolContext[] = [];
const work = (_: unknown, context: ToolContext) => {
  contexts.push(context);
  return 'done';
};
const hang = (_: unknown, { signal }: ToolContext) =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve('stopped')));

const circular: Record<string, unknown> = {};
circular.self = circular;
const ANSWERS: Record<string, () => unknown> = {
  nothing: () => undefined,
  throws: () => {
    throw new Error(`the market is closed\0${'x'.repeat(3_000)}`);
  },
  throws_text: () => Promise.reject('just a text'),
  asked_wrongly: () => {
    throw new InvalidInput('there is no such market');
  },
  circular: () => circular,
  large: () => 'x'.repeat(300_000),
  bigint: () => 1n,
  deep: () => JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`),
};

const code = [
  plugin(defineTool({ ...base, name: 'work', execute: work })),
  plugin(defineTool({ ...base, name: 'repeatable', isRepeatable: true, execute: work })),
  plugin(defineTool({ ...base, name: 'hang', execute: hang })),
  plugin(defineTool({ ...base, name: 'deaf', execute: () => new Promise(() => undefined) })),
  ...Object.entries(ANSWERS).map(([name, execute]) => plugin(defineTool({ ...base, name, execute }))),
  builtin(
    defineBuiltin({
      ...base,
      name: 'broken',
      execute: (_, { database }) => sql`select * from secret_table`.execute(database.db),
    }),
  ),
  builtin(
    defineBuiltin({
      ...base,
      name: 'batch',
      async execute({ names }, { callTool }) {
        const calls = z
          .array(z.string())
          .parse(names)
          .map((name) => callTool(name, {}).catch(String));
        return Promise.all(calls);
      },
    }),
  ),
];
const NAMES = code.map(({ tool }) => tool.name);

describeEachDatabase('a tool', (database) => {
  const { agentWith, running, call, callOf, look, asked, db, aTool, change, rowOf } = toolCalls(database, {
    code,
  });
  const task = async () => running(await agentWith(NAMES), { userId: 'user', sessionId: 'session' });

  test('is told whom it works for', async () => {
    const given = await task();
    const { id } = await call(given, 'work');
    expect(contexts.at(-1)).toMatchObject({
      ...{ orgId: given.org_id, taskId: given.id, callId: id, userId: 'user', sessionId: 'session' },
      agent: { id: given.agent_id, name: given.agent_name },
    });
    // What Mainspring works with is not for plugins.
    expect(contexts.at(-1)).not.toHaveProperty('database');
  });

  test('may answer nothing', async () => {
    expect(await call(await task(), 'nothing')).toMatchObject({ status: 'completed', result: null });
  });

  test.each([
    ['throws', 'the market is closed\ufffdxxx'],
    ['throws_text', 'just a text'],
    ['asked_wrongly', 'there is no such market'],
    ['circular', 'its answer is'],
    ['large', 'its answer is larger than 256 KB'],
    ['bigint', 'its answer is not JSON'],
    ['deep', 'its answer is nested deeper than 64 levels'],
    ['broken', 'failed inside'],
  ])('that fails (%s) is an answer, and never called again', async (name, error) => {
    const given = await task();
    const made = await call(given, name);
    expect(made).toMatchObject({ status: 'failed', error: expect.stringContaining(error), result: null });
    expect(made.error_category).toBe(name === 'asked_wrongly' ? 'invalid_input' : null);
    expect(made.error?.length).toBeLessThanOrEqual(2_000);
    expect(made.error).not.toContain('secret_table');
    expect(await look(given)).toEqual({ kind: 'made' });
  });

  test('that takes longer than its limit fails, whether it listens or not', async () => {
    const agent = await agentWith([]);
    await change(agent, { tools: JSON.stringify(['hang', 'deaf']) });
    for (const name of ['hang', 'deaf']) await aTool(agent, name, { settings: { timeoutSeconds: 1 } });
    const given = await running(agent);
    for (const [index, name] of ['hang', 'deaf'].entries()) {
      const made = await call(given, name, {}, `execute.0.${index}`);
      expect(made).toMatchObject({ status: 'failed', error: 'took longer than its limit of 1 s' });
      expect(made.duration_ms).toBeLessThan(2_000);
    }
  });

  test('whose worker died is called again only where that does no harm', async () => {
    const given = await task();
    const before = contexts.length;
    for (const [index, name] of ['work', 'repeatable'].entries()) {
      const place = await asked(given, name, {}, `execute.0.${index}`);
      // As the worker left it.
      await claimToolCall(db(), await callOf(given, place), { at: new Date() });
      await sleep(2);
      expect(await look(given, place)).toEqual({ kind: 'made' });
    }
    expect(await callOf(given, 'execute.0.0')).toMatchObject({
      status: 'failed',
      error: 'was interrupted; whether it took effect is not known',
    });
    expect(await callOf(given, 'execute.0.1')).toMatchObject({ status: 'completed', result: 'done' });
    expect(contexts.length).toBe(before + 1);
  });

  test('that an old worker still runs cannot write over what the new one has recorded', async () => {
    const given = await task();
    const place = await asked(given, 'hang');
    const environment = attempt();
    const old = look(given, place, { environment });
    await until(async () => (await callOf(given)).status === 'running');
    await look(given, place);
    expect((await callOf(given)).error).toContain('was interrupted');
    environment.cancel();
    await expect(old).rejects.toThrow();
    expect((await callOf(given)).error).toContain('was interrupted');
  });

  test.each(['the row says so', 'the engine says so'])(
    'stops when its task is cancelled: %s',
    async (who) => {
      const given = await task();
      const place = await asked(given, 'deaf');
      const environment = attempt();
      const made = look(given, place, { environment });
      await until(async () => (await callOf(given)).status === 'running');
      if (who === 'the engine says so') environment.cancel();
      else {
        await db().updateTable('tasks').set({ status: 'cancelled' }).where('id', '=', given.id).execute();
        for (const notice of endedNotices(given.org_id, [given.id])) await notify(db(), 'ended', notice);
      }
      await expect(made).rejects.toThrow();
      expect(await callOf(given)).toMatchObject({
        status: 'failed',
        error: 'was stopped: its task has ended',
      });
    },
  );

  test('is left as it stands when only its worker stops', async () => {
    const given = await task();
    const place = await asked(given, 'deaf');
    const environment = attempt();
    const made = look(given, place, { environment });
    await until(async () => (await callOf(given)).status === 'running');
    environment.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }));
    await expect(made).rejects.toThrow();
    expect((await callOf(given)).status).toBe('running');
    expect((await rowOf(given)).status).toBe('running');
  });

  test('that calls others has them checked and recorded like any call', async () => {
    const agent = await agentWith(['batch', 'work', 'throws_text']);
    await aTool(agent, 'nothing');
    await aTool(agent, 'large', { requiresApproval: true });
    await change(agent, { tools: JSON.stringify(['batch', 'work', 'throws_text', 'large']) });
    const given = await running(agent);
    const made = await call(given, 'batch', { names: ['work', 'throws_text', 'nothing', 'large', 'batch'] });
    const told = [
      'done',
      'CallError: just a text',
      expect.stringContaining('"nothing" is not one of your tools'),
      expect.stringContaining('call it by itself'),
      expect.stringContaining('Invalid input'),
    ];
    expect(made.result).toEqual(told);
    const inner = await Promise.all([0, 1, 2, 3].map((index) => callOf(given, `execute.0.0.${index}`)));
    expect(inner.map(({ status }) => status)).toEqual(['completed', 'failed', 'refused', 'refused']);
    expect(contexts.at(-1)?.callId).toBe(`${given.id}.execute.0.0.0`);
  });

  test('that another tool called cannot call tools', async () => {
    const given = await task();
    const nested = await call(given, 'batch', { names: ['batch'] });
    expect(nested.status).toBe('completed');
    expect((await callOf(given, 'execute.0.0.0')).status).toBe('failed');
  });
});
