import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { spentBy } from '../../../src/db/model-spending.js';
import { requestModelCalls } from '../../../src/db/task-calls.js';
import { callId } from '../../../src/messages/task.js';
import { describeEachDatabase } from '../../support/databases.js';
import { failureOf, modelCalls } from '../../support/model-calls.js';
import { type ModelServer, startModelServer } from '../../support/model-server.js';
import { until } from '../../support/until.js';

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterEach(() => server.reset());
afterAll(() => server.close());

describeEachDatabase('a call of a model under a limit', (database) => {
  const { db, callModel, someAgent, running, rowOf, callOf } = modelCalls(database, () => server);

  const spentToday = ({ id, org_id: orgId }: { id: string; org_id: string }) =>
    spentBy(db(), { orgId, callId: '' }, { kind: 'agent', id, since: new Date() });
  const said = { text: 'Well.', usage: { input: 400, output: 100 } };

  test.each([
    [{ maxTokens: 600 }, /^maxTokens is 600 tokens, of which 500 tokens are used/],
    [{ maxCostUsd: 0.0006 }, /^maxCostUsd is 0.0006 USD, of which 0.0005 USD are used/],
    [{ maxTokensPerDay: 600 }, /^maxTokensPerDay is 600/],
    [{ maxCostUsdPerDay: 0.0006 }, /^maxCostUsdPerDay is 0.0006/],
  ])('%p is not made when it could pass it', async (limits, message) => {
    const task = await running(await someAgent({ limits }));
    server.script(said);
    await callModel(task);
    const refused = { type: 'budget', nonRetryable: true, message: expect.stringMatching(message) };
    expect(await failureOf(callModel(task, { place: 'execute.1' }))).toMatchObject(refused);
    expect(server.requests).toHaveLength(1);
    expect(await callOf(task, 'execute.1')).toMatchObject({ status: 'failed', error_category: 'budget' });
  });

  test.each([
    [{ ORG_MAX_TOKENS_PER_DAY: 550 }, /^ORG_MAX_TOKENS_PER_DAY is 550/],
    [{ ORG_MAX_COST_USD_PER_DAY: 0.00055 }, /^ORG_MAX_COST_USD_PER_DAY is 0.00055/],
  ])('of the organisation, %p, it counts with the calls of other agents', async (config, message) => {
    const agent = await someAgent();
    server.script(said);
    await callModel(await running(agent), { config });
    const task = await running(await someAgent({ orgId: agent.org_id }));
    expect(await failureOf(callModel(task, { config }))).toMatchObject({
      message: expect.stringMatching(message),
    });
  });

  test('gets the rest of it for its answer', async () => {
    const task = await running(await someAgent({ limits: { maxTokens: 600 } }));
    await callModel(task);
    expect(server.requests[0]?.body.max_tokens).toBeGreaterThan(100);
    expect(server.requests[0]?.body.max_tokens).toBeLessThan(600);
  });

  test('of cost needs a price', async () => {
    const task = await running(await someAgent({ limits: { maxCostUsd: 1 } }));
    expect(await failureOf(callModel(task, { config: { MODEL_PRICES: {} } }))).toMatchObject({
      ...{ type: 'budget', message: 'the price of mine is not known: set MODEL_PRICES' },
    });
    expect(server.requests).toEqual([]);
  });

  test('counts for its first task together with all that came of it', async () => {
    const agent = await someAgent({ limits: { maxTokens: 550 } });
    const root = await running(agent);
    const child = await running(await someAgent({ orgId: agent.org_id }), {
      parent: root,
    });
    server.script(said);
    await callModel(child);
    expect(await failureOf(callModel(root))).toMatchObject({ type: 'budget' });
    expect(await failureOf(callModel(child, { place: 'execute.1' }))).toMatchObject({ type: 'budget' });
  });

  test.each([{ maxTokens: 550 }, { maxCostUsd: 0.00055 }])(
    'of a task in the middle, %p, counts with those that came of it',
    async (limits) => {
      const root = await running(await someAgent());
      const { org_id: orgId } = root;
      const middle = await running(await someAgent({ orgId, limits }), { parent: root });
      const child = await running(await someAgent({ orgId }), { parent: middle });
      server.otherwise = said;
      await callModel(child);
      expect(await failureOf(callModel(middle))).toMatchObject({ type: 'budget' });
      expect(await failureOf(callModel(child, { place: 'execute.1' }))).toMatchObject({ type: 'budget' });
      // What is beside it or above it has no such limit.
      await callModel(root);
      await callModel(await running(await someAgent({ orgId }), { parent: root }));
    },
  );

  test('counts both of two attempts that overlap, and neither gives back what the other reserved', async () => {
    const agent = await someAgent();
    const task = await running(agent);
    server.script(
      { text: 'late', delayMs: 900, usage: { input: 10, output: 1 } },
      { text: 'in time', delayMs: 300, usage: { input: 20, output: 2 } },
    );
    const first = callModel(task, { attempt: 1 });
    await until(() => server.requests.length === 1);
    const second = callModel(task, { attempt: 2 });
    await Promise.all([first, second]);
    expect(await callOf(task)).toMatchObject({
      ...{ status: 'completed', answer: { text: 'in time' }, reserved_tokens: 0 },
      ...{ input_tokens: 30, output_tokens: 3, attempts: 2 },
    });
    expect(await rowOf(task)).toMatchObject({ output: 'in time', input_tokens: 30, output_tokens: 3 });
    expect(await spentToday(agent)).toEqual({ tokens: 33, nanos: 33_000 });
  });

  test('keeps what a second attempt reserved when the first one fails or is answered late', async () => {
    const task = await running(await someAgent());
    server.script({ status: 500, delayMs: 300 }, { text: 'slow', delayMs: 1_200 });
    const first = failureOf(callModel(task, { attempt: 1 }));
    await until(() => server.requests.length === 1);
    const second = callModel(task, { attempt: 2 });
    await until(() => server.requests.length === 2);
    await first;
    const call = await callOf(task);
    expect(call).toMatchObject({ status: 'running', attempts: 2 });
    expect(call?.reserved_tokens).toBeGreaterThan(0);
    await second;
    expect(await callOf(task)).toMatchObject({ status: 'completed', reserved_tokens: 0 });
  });

  test('of a day counts what tasks used that are gone by now', async () => {
    const agent = await someAgent({ limits: { maxTokensPerDay: 550 } });
    const task = await running(agent);
    server.script(said);
    await callModel(task);
    await db().deleteFrom('tasks').where('org_id', '=', task.org_id).execute();
    expect(await failureOf(callModel(await running(agent)))).toMatchObject({ type: 'budget' });
  });

  test('is not passed by two that are made at once', async () => {
    const task = await running(await someAgent({ limits: { maxTokens: 1_000 } }), {
      method: 'both',
      prompt: null,
    });
    const places = ['execute.0', 'execute.1'];
    const requests = places.map((place) => ({
      ...{ id: callId(task.id, place), place, request: { prompt: 'x'.repeat(600), maxTokens: 700 } },
    }));
    await requestModelCalls(db(), task, requests);
    server.otherwise = { text: 'ok', delayMs: 200, usage: { input: 200, output: 700 } };
    const made = await Promise.all(places.map((place) => failureOf(callModel(task, { place }))));
    expect(made.filter((failure) => failure?.type === 'budget')).toHaveLength(1);
    expect(server.requests).toHaveLength(1);
  });

  test('counts what a worker that died had reserved only until it is reserved again', async () => {
    const task = await running(await someAgent({ limits: { maxTokens: 600 } }));
    const id = callId(task.id, 'execute.0');
    await requestModelCalls(db(), task, [{ id, place: 'execute.0', request: { prompt: 'hi' } }]);
    await db()
      .updateTable('model_calls')
      .set({ status: 'running', reserved_tokens: 590 })
      .where('id', '=', id)
      .execute();
    await callModel(task);
    expect(await callOf(task)).toMatchObject({ status: 'completed', reserved_tokens: 0 });
  });

  test('of steps ends a conversation that goes on for ever', async () => {
    const task = await running(await someAgent({ limits: { maxSteps: 2 } }));
    await callModel(task);
    await callModel(task, { place: 'execute.1' });
    expect(await failureOf(callModel(task, { place: 'execute.2' }))).toMatchObject({
      ...{ type: 'step_limit', nonRetryable: true, message: expect.stringContaining('maxSteps is 2') },
    });
  });
});
