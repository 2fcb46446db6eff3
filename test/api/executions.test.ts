import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { requestToolCalls } from '../../src/db/task-calls.js';
import { getTask } from '../../src/db/tasks.js';
import type { Execution } from '../../src/schemas/execution.js';
import { anAgent } from '../support/agents.js';
import type { Answer } from '../support/api.js';
import { startTaskApi, type TaskApi } from '../support/task-api.js';

let api: TaskApi;
let org: CreatedOrg;
beforeAll(async () => {
  api = await startTaskApi();
});
beforeAll(async () => {
  org = await api.org();
  await api.surveyor(org, { name: 'first' });
});
afterAll(() => api.close());

const ASKED = { type: 'SURVEY', action: 'survey', input: { category: 'electronics' } };
const execute = (over: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  api.send('/api/agents/execute', { key: org.key, headers, body: { ...ASKED, ...over } });
const idOf = (answer: Answer) => answer.json<{ executionId: string }>().executionId;
const get = (id: string, query = '') => api.send(`/api/agents/${id}${query}`, { key: org.key });
const cancel = (id: string) => api.send(`/api/agents/${id}`, { key: org.key, method: 'DELETE' });
async function rowOf(id: string) {
  const row = await getTask(api.database.db, org.orgId, id);
  if (!row) throw new Error('no such task');
  return row;
}
const complete = (taskId: string, output: unknown) =>
  api.tasks.end({ orgId: org.orgId, taskId }, { status: 'completed', output, error: null, at: new Date() });

describe('an execution', () => {
  test('is acknowledged with its ids, and stands as it was asked for', async () => {
    const answer = await execute();
    expect(answer.status).toBe(202);
    const executionId = idOf(answer);
    expect(answer.json()).toEqual({ executionId, taskId: executionId, status: 'queued' });
    expect(answer.headers.get('location')).toBe(`/api/agents/${executionId}`);
    expect((await get(executionId)).json()).toMatchObject({
      ...{ executionId, taskId: executionId, type: 'SURVEY', action: 'survey', status: 'queued' },
      ...{ input: { category: 'electronics' }, output: null, error: null, durationMs: null, costUsd: 0 },
      ...{ tokenUsage: { input: 0, output: 0, total: 0 }, model: null, toolCalls: [], startedAt: null },
      context: {
        agentName: 'first',
        sessionId: null,
        run: { workflowId: `task/${org.orgId}/${executionId}` },
      },
    });
    expect(await rowOf(executionId)).toMatchObject({ priority: 5, timeout_ms: 30_000 });
  });

  test('of a prompt is shown as it was asked', async () => {
    const id = idOf(await execute({ action: 'prompt', input: { prompt: 'What is new?' } }));
    expect(await rowOf(id)).toMatchObject({ method: null, prompt: 'What is new?' });
    expect((await get(id)).json()).toMatchObject({ action: 'prompt', input: { prompt: 'What is new?' } });
  });

  test('shows what came of it, with its tools and what it cost; an unknown price is null', async () => {
    const id = idOf(await execute());
    const row = await api.begin(await rowOf(id));
    const call = { id: `${id}.execute.0`, place: 'execute.0', name: 'get_listings', arguments: { limit: 1 } };
    await requestToolCalls(api.database.db, row, [{ ...call, modelCallRef: null }]);
    const used = { input_tokens: 7, output_tokens: 3, cost_nanos: null, model: 'gemini-2.0-flash' };
    await api.database.db.updateTable('tasks').set(used).where('id', '=', id).execute();
    await complete(id, { trend: 'up' });
    const shown = (await get(id)).json<Execution>();
    expect(shown).toMatchObject({
      ...{ status: 'completed', output: { trend: 'up' }, error: null, costUsd: null, model: used.model },
      tokenUsage: { input: 7, output: 3, total: 10 },
      toolCalls: [{ id: call.id, name: 'get_listings', arguments: { limit: 1 }, status: 'failed' }],
    });
    expect(shown.durationMs).toBeGreaterThanOrEqual(0);
  });

  test('takes the time limit of its agent', async () => {
    const own = await api.org();
    await api.surveyor(own, { limits: { timeout: 5_000 } });
    const answer = await api.send('/api/agents/execute', { key: own.key, body: ASKED });
    const row = await getTask(api.database.db, own.orgId, idOf(answer));
    expect(row?.timeout_ms).toBe(5_000);
  });

  test('can be waited for', async () => {
    const id = idOf(await execute());
    const waiting = get(id, '?wait=10s');
    const startedAt = performance.now();
    setTimeout(() => void complete(id, 'done'), 100);
    expect((await waiting).json()).toMatchObject({ status: 'completed', output: 'done' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test('is one, however often the request is repeated', async () => {
    const headers = { 'idempotency-key': newId() };
    const first = await execute({}, headers);
    await api.database.db
      .updateTable('idempotency_keys')
      .set({ status: null, leased_until: new Date(0) })
      .where('key', '=', headers['idempotency-key'])
      .execute();
    expect((await execute({}, headers)).text).toBe(first.text);
  });
});

describe('who does it', () => {
  test('is the oldest agent of the type that takes tasks, one with code before others', async () => {
    const own = await api.org();
    const agentIdOf = async () => {
      const answer = await api.send('/api/agents/execute', {
        key: own.key,
        body: { type: 'SURVEY', action: 'prompt', input: { prompt: 'Hello' } },
      });
      return (await getTask(api.database.db, own.orgId, idOf(answer)))?.agent_id;
    };
    const past = (hours: number) => new Date(Date.now() - hours * 3_600_000);
    const elsewhere = await anAgent(api.database, { orgId: own.orgId, type: 'SURVEY', created_at: past(4) });
    expect(await agentIdOf()).toBe(elsewhere.id);
    const older = await api.surveyor(own, { created_at: past(2) });
    const newer = await api.surveyor(own, { created_at: past(1) });
    expect(await agentIdOf()).toBe(older.id);
    await api.database.db
      .updateTable('agents')
      .set({ lifecycle: 'paused' })
      .where('id', '=', older.id)
      .execute();
    expect(await agentIdOf()).toBe(newer.id);
  });

  test.each([
    { lifecycle: 'paused' as const, says: 'it is paused' },
    { lifecycle: 'stopped' as const, says: 'it is stopped' },
    { is_suspended: true, says: 'it is suspended' },
  ])('is nobody where the only one takes no tasks: $says', async ({ says, ...over }) => {
    const own = await api.org();
    await api.surveyor(own, over);
    const answer = await api.send('/api/agents/execute', { key: own.key, body: ASKED });
    expect(answer.problem()).toMatchObject({ status: 409, code: 'wrong_state' });
    expect(answer.problem().detail).toContain(says);
  });
});

describe('a request that is refused', () => {
  const errorsOf = async (over: Record<string, unknown>) => {
    const { status, errors } = (await execute(over)).problem();
    return { status, errors };
  };

  test('names the types that there are', async () => {
    expect(await errorsOf({ type: 'ASTROLOGY' })).toEqual({
      status: 422,
      errors: [{ path: 'type', message: 'must be one of SURVEY' }],
    });
  });

  test('names the actions that there are', async () => {
    expect(await errorsOf({ action: 'predict' })).toEqual({
      status: 422,
      errors: [{ path: 'action', message: 'must be one of survey, prompt' }],
    });
  });

  test('names what of the input breaks the schema of the action', async () => {
    const { status, errors } = await errorsOf({ input: { area: { miles: 'far' }, more: 1 } });
    expect([status, errors?.map(({ path }) => path).sort()]).toEqual([
      422,
      ['input.area.miles', 'input.category', 'input.more'],
    ]);
  });
});

describe('cancelling', () => {
  test('ends an execution; what has ended stays as it was', async () => {
    const id = idOf(await execute());
    expect((await cancel(id)).json()).toMatchObject({
      status: 'cancelled',
      error: { category: 'cancelled' },
    });
    const again = await cancel(id);
    expect(again.problem()).toMatchObject({ status: 409, code: 'wrong_state' });
    expect(await complete(id, 'too late')).toBeUndefined();
    expect((await get(id)).json()).toMatchObject({ status: 'cancelled', output: null });
  });

  test('of what is unknown is a 404', async () => {
    expect([(await cancel(newId())).status, (await get(newId())).status]).toEqual([404, 404]);
  });
});
