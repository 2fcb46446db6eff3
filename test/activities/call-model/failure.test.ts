import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { describeEachDatabase } from '../../support/databases.js';
import { failureOf, modelCalls } from '../../support/model-calls.js';
import { type ModelServer, startModelServer } from '../../support/model-server.js';

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterEach(() => server.reset());
afterAll(() => server.close());

describeEachDatabase('a call of a model where models fail', (database) => {
  const { callModel, someAgent, running, rowOf, callOf } = modelCalls(database, () => server);

  const two = { GOOGLE_API_KEY: 'g', LLM_MODEL: 'mine' };
  const both = () => ({ ...two, GOOGLE_BASE_URL: server.url });

  test.each([429, 500, 401, 404])(
    'asks the next one after a %s, and records which one answered',
    async (status) => {
      const task = await running(await someAgent());
      server.script({ status }, { text: 'From Google.' });
      await callModel(task, { config: both() });
      expect(server.requests.map(({ wire }) => wire)).toEqual(['openai', 'google']);
      expect(await rowOf(task)).toMatchObject({ output: 'From Google.', model: 'gemini-2.0-flash' });
      expect(await callOf(task)).toMatchObject({ provider: 'google', attempts: 2 });
    },
  );

  test('is tried again after the shortest pause that they ask for', async () => {
    const task = await running(await someAgent());
    server.otherwise = { status: 429, headers: { 'retry-after': '90' } };
    server.script({ status: 429, headers: { 'retry-after': '3' } });
    expect(await failureOf(callModel(task, { attempt: 1, config: both() }))).toMatchObject({
      ...{ type: 'rate_limit', nonRetryable: false, nextRetryDelay: 3_000 },
    });
    expect(await callOf(task)).toMatchObject({ status: 'requested', reserved_tokens: 0 });
    expect(await failureOf(callModel(task, { attempt: 2 }))).toMatchObject({ nextRetryDelay: 60_000 });
  });

  test('has failed for good after the last attempt', async () => {
    const task = await running(await someAgent());
    server.otherwise = { status: 503, message: 'down' };
    expect(await failureOf(callModel(task))).toMatchObject({
      type: 'model',
      message: 'custom mine: 503 down',
    });
    expect(await callOf(task)).toMatchObject({
      ...{ status: 'failed', error_category: 'model', error_message: 'custom mine: 503 down' },
    });
  });

  test('is not tried again when all of them refused', async () => {
    const task = await running(await someAgent());
    server.otherwise = { status: 401, message: 'who are you?' };
    expect(await failureOf(callModel(task, { attempt: 1, config: both() }))).toMatchObject({
      ...{ type: 'model', nonRetryable: true },
      message: expect.stringContaining('google gemini-pro: 401 who are you?'),
    });
    expect(await callOf(task)).toMatchObject({ status: 'failed' });
  });

  test('fails at once where there is none to ask, naming what to set', async () => {
    const task = await running(await someAgent());
    expect(await failureOf(callModel(task, { config: { LLM_ENDPOINT: undefined } }))).toMatchObject({
      ...{ type: 'configuration', nonRetryable: true },
      message: expect.stringContaining('GOOGLE_API_KEY, OPENAI_API_KEY, ANTHROPIC_API_KEY or LLM_ENDPOINT'),
    });
  });
});
