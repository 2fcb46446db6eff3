import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import type { z } from 'zod';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { requestToolCalls } from '../../src/db/task-calls.js';
import { getTask } from '../../src/db/tasks.js';
import type { Execution } from '../../src/schemas/execution.js';
import type { Task, TaskAnswer } from '../../src/schemas/task.js';
import { startTaskApi, type TaskApi } from '../support/task-api.js';

let api: TaskApi;
let org: CreatedOrg;
beforeAll(async () => {
  api = await startTaskApi();
  org = await api.org();
  await api.surveyor(org, { name: 'scout' });
});
afterAll(() => api.close());

const ASKED = { agent_name: 'scout', prompt: 'What is new?' };
const submit = (over: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  api.send('/tasks', { key: org.key, headers, body: { ...ASKED, ...over } });
async function create(over: Record<string, unknown> = {}): Promise<string> {
  const answer = await submit(over);
  if (answer.status !== 202) throw new Error(answer.text);
  return answer.json<{ task_id: string }>().task_id;
}
const get = async (id: string, query = '') =>
  (await api.send(`/tasks/${id}${query}`, { key: org.key })).json<{ task: Task }>().task;
const detail = async (id: string) =>
  (await api.send(`/tasks/${id}`, { key: org.key })).json<z.infer<typeof TaskAnswer>>().task;
const list = async (query: string) =>
  (await api.send(`/tasks?${query}`, { key: org.key })).json<{ tasks: Task[]; nextCursor: string | null }>();
const cancel = (id: string, body: object = {}) => api.send(`/tasks/${id}/cancel`, { key: org.key, body });

describe('a task', () => {
  test('stands as it was given', async () => {
    const id = await create({
      ...{ prompt: undefined, method_name: 'survey', input: { category: 'books' } },
      ...{ priority: 'HIGH', user_id: 'u1' },
      ...{ session_id: 's1', metadata: { order: null }, timeout_seconds: 2.5 },
    });
    expect(await get(id)).toMatchObject({
      ...{ task_id: id, agent_name: 'scout', status: 'queued', priority: 3, prompt: null },
      ...{ method_name: 'survey', input: { category: 'books' }, user_id: 'u1', session_id: 's1' },
      ...{ metadata: { order: null }, timeout_seconds: 2.5, parent_task_id: null, result: null },
      ...{ token_usage: { input: 0, output: 0, total: 0 }, cost_usd: 0, tool_calls: [] },
      run: { workflowId: `task/${org.orgId}/${id}` },
    });
  });

  test('has 300 seconds by default, or what its agent has', async () => {
    expect((await get(await create())).timeout_seconds).toBe(300);
    await api.surveyor(org, { name: 'hasty', limits: { timeout: 7_000 } });
    expect((await get(await create({ agent_name: 'hasty' }))).timeout_seconds).toBe(7);
    expect((await get(await create({ agent_name: 'hasty', timeout_seconds: 9 }))).timeout_seconds).toBe(9);
  });

  test('shows what became of it', async () => {
    const id = await create({ metadata: { order: 7 } });
    await api.begin({ org_id: org.orgId, id });
    const error = { category: 'tool' as const, message: 'no listings' };
    const waiting = get(id, '?wait=10s');
    await api.tasks.end({ orgId: org.orgId, taskId: id }, { status: 'failed', error, at: new Date() });
    const { result, completed_at: completedAt } = await waiting;
    expect(result).toEqual({
      ...{ task_id: id, agent_name: 'scout', success: false, output: null, error },
      ...{ execution_time_ms: expect.any(Number), metadata: { order: 7 }, completed_at: completedAt },
    });
  });

  test('is listed by status, agent, session and priority, the newest first', async () => {
    const session = newId();
    const [one, two] = [
      await create({ session_id: session }),
      await create({ session_id: session, priority: 9 }),
    ];
    const idsOf = async (query: string) => (await list(query)).tasks.map(({ task_id: id }) => id);
    expect(await idsOf(`session_id=${session}&agent_name=scout&status=queued`)).toEqual([two, one]);
    expect(await idsOf(`session_id=${session}&priority=9`)).toEqual([two]);
    expect(await idsOf(`session_id=${session}&priority=BACKGROUND`)).toEqual([two]);
    const wrong = await api.send('/tasks?priority=2', { key: org.key });
    expect(wrong.problem().errors?.[0]?.path).toBe('priority');
    expect(await idsOf(`session_id=${session}&status=running`)).toEqual([]);
    const first = await list(`session_id=${session}&limit=1`);
    const rest = await list(`session_id=${session}&limit=1&cursor=${first.nextCursor}`);
    expect([rest.tasks[0]?.task_id, rest.nextCursor]).toEqual([one, null]);
  });
});

describe('calls of tools', () => {
  async function called(id: string, calls: number, result: unknown): Promise<void> {
    const { db } = api.database;
    const task = await api.begin({ org_id: org.orgId, id });
    const places = Array.from({ length: calls }, (_, index) => `execute.${String(index).padStart(3, '0')}`);
    await requestToolCalls(
      db,
      task,
      places.map((place) => ({
        ...{ id: `${id}.${place}`, place, name: 'read', arguments: {}, modelCallRef: null },
      })),
    );
    await db
      .updateTable('tool_calls')
      .set({ status: 'completed', result: JSON.stringify(result) })
      .where('task_id', '=', id)
      .execute();
  }
  const pathOf = (id: string, call: string) => `/tasks/${id}/tool-calls/${call}`;

  test('are cut where they are long, and whole by themselves', async () => {
    const [id, other] = [await create(), await create()];
    const result = { text: 'é'.repeat(20_000) };
    await called(id, 1, result);
    const call = `${id}.execute.000`;
    const execution = (await api.send(`/api/agents/${id}`, { key: org.key })).json<Execution>();
    const inside = [(await detail(id)).tool_calls[0], execution.toolCalls[0]];
    for (const cut of inside) {
      const text = String(cut?.result);
      expect(text).toHaveLength(16_384);
      expect(JSON.stringify(result).startsWith(text)).toBe(true);
    }
    expect(inside).toMatchObject([
      { id: call, is_result_cut: true, are_arguments_cut: false, arguments: {} },
      { isResultCut: true, areArgumentsCut: false },
    ]);
    const whole = (await api.send(pathOf(id, call), { key: org.key })).json();
    expect(whole).toMatchObject({ tool_call: { id: call, is_result_cut: false, result } });
    const foreign = await api.org();
    for (const [path, key] of [
      [pathOf(other, call), org.key],
      [pathOf(id, `${id}.execute.7`), org.key],
      [pathOf(id, call), foreign.key],
    ] as const)
      expect((await api.send(path, { key })).status).toBe(404);
  });

  test('are shown as far as the latest 500, the newest last', async () => {
    const id = await create();
    await called(id, 502, 1);
    const calls = (await detail(id)).tool_calls;
    expect([calls.length, calls[0]?.id, calls.at(-1)?.id]).toEqual([
      ...[500, `${id}.execute.002`, `${id}.execute.501`],
    ]);
  });
});

describe('an id of the caller', () => {
  test('with the same body is the same task, also when its agent takes none any more', async () => {
    await api.surveyor(org, { name: 'leaving' });
    const id = `order-${newId()}`;
    const body = { task_id: id, agent_name: 'leaving' };
    const first = await submit(body);
    expect(first.json()).toEqual({ task_id: id, status: 'queued' });
    await api.database.db
      .updateTable('agents')
      .set({ lifecycle: 'stopped' })
      .where('name', '=', 'leaving')
      .execute();
    const second = await submit(body);
    expect([second.status, second.text]).toEqual([202, first.text]);
  });

  test('with another body is taken', async () => {
    const id = newId();
    await create({ task_id: id });
    const other = await submit({ task_id: id, prompt: 'Something else' });
    expect(other.problem()).toMatchObject({ status: 409, code: 'id_taken' });
  });

  test('is free in another organisation', async () => {
    const id = newId();
    await create({ task_id: id });
    const other = await api.org();
    await api.surveyor(other, { name: 'scout' });
    const answer = await api.send('/tasks', {
      key: other.key,
      body: { ...ASKED, task_id: id, prompt: 'Theirs' },
    });
    expect(answer.status).toBe(202);
  });

  test('makes one task of requests that come at once', async () => {
    const id = newId();
    const answers = await Promise.all(Array.from({ length: 5 }, () => submit({ task_id: id })));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    const { rows } = {
      rows: await api.database.db.selectFrom('events').select('type').where('subject', '=', id).execute(),
    };
    expect(rows).toEqual([{ type: 'task.queued' }]);
  });
});

describe('a task that is refused', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['an agent that does not exist', { agent_name: 'nobody' }, 'agent_name'],
    ['a method that it does not have', { method_name: 'predict' }, 'method_name'],
    ['input that breaks the schema', { prompt: undefined, method_name: 'survey' }, 'input.category'],
    ['input of no method', { input: { category: 'books' } }, 'input'],
    ['neither prompt nor method', { prompt: null }, 'prompt'],
    ['an id that a path goes up by', { task_id: '..' }, 'task_id'],
    ['an id that is a path of its own', { task_id: 'metrics' }, 'task_id'],
    ['a priority that is none', { priority: 2 }, 'priority'],
    ['a field that is not known', { colour: 'red' }, 'colour'],
  ])('says where: %s', async (_, over, path) => {
    const { status, errors } = (await submit(over)).problem();
    expect([status, errors?.[0]?.path]).toEqual([422, path]);
  });

  test('is one for an agent that takes none now', async () => {
    await api.surveyor(org, { name: 'resting', lifecycle: 'paused' });
    const answer = await submit({ agent_name: 'resting' });
    expect(answer.problem()).toMatchObject({ status: 409, code: 'wrong_state' });
  });
});

describe('cancelling', () => {
  test('says why, and answers the same again', async () => {
    const id = await create();
    const first = await cancel(id, { reason: 'changed my mind' });
    const { task } = first.json<{ task: Task }>();
    expect(task).toMatchObject({
      status: 'cancelled',
      result: { success: false, error: { category: 'cancelled', message: 'was cancelled: changed my mind' } },
    });
    expect((await cancel(id)).text).toBe(first.text);
  });

  test('is too late when it has ended', async () => {
    const id = await create();
    const ref = { orgId: org.orgId, taskId: id };
    await api.tasks.end(ref, { status: 'completed', output: 1, error: null, at: new Date() });
    expect((await cancel(id)).problem()).toMatchObject({ status: 409, code: 'wrong_state' });
    expect((await getTask(api.database.db, org.orgId, id))?.status).toBe('completed');
  });
});
