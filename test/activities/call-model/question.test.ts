import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { AgentRow } from '../../../src/db/agents.js';
import { requestModelCalls } from '../../../src/db/task-calls.js';
import { messagesOf } from '../../../src/db/task-messages.js';
import { callId } from '../../../src/messages/task.js';
import { describeEachDatabase } from '../../support/databases.js';
import { failureOf, modelCalls } from '../../support/model-calls.js';
import { type ModelServer, startModelServer } from '../../support/model-server.js';

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterEach(() => server.reset());
afterAll(() => server.close());

describeEachDatabase('a call of a model that code asks for', (database) => {
  const { db, callModel, someAgent, running, rowOf, callOf } = modelCalls(database, () => server);

  const asked = async (agent: AgentRow, request: object) => {
    const task = await running(agent, { method: 'price', prompt: null });
    await requestModelCalls(db(), task, [{ id: callId(task.id, 'execute.3'), place: 'execute.3', request }]);
    return task;
  };

  test('is given to it as an answer, and is not what the task has come to', async () => {
    const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
    const task = await asked(await someAgent(), {
      prompt: 'How many?',
      system: 'Count.',
      schema,
      maxTokens: 9,
    });
    server.script({ text: '{"n":3}', usage: { input: 5, output: 2 } });
    expect(await callModel(task, { place: 'execute.3' })).toEqual([]);
    expect((await callOf(task, 'execute.3'))?.answer).toEqual({
      ...{ text: '{"n":3}', data: { n: 3 }, model: 'mine', costUsd: 0.000007 },
      tokenUsage: { input: 5, output: 2, total: 7 },
    });
    expect(await rowOf(task)).toMatchObject({ output: null, input_tokens: 5 });
    expect(await messagesOf(db(), task)).toEqual([]);
    expect(server.requests[0]?.body).toMatchObject({ max_tokens: 9 });
    expect(server.requests[0]?.body.messages[0].content).toMatch(/^Count\.\n\nAnswer with one JSON value/);
  });

  test('has an unknown cost where the price is not known, as has its task', async () => {
    const task = await asked(await someAgent(), { prompt: 'How many?' });
    await callModel(task, { place: 'execute.3', config: { MODEL_PRICES: {} } });
    expect((await callOf(task, 'execute.3'))?.answer).toMatchObject({ costUsd: null });
    expect(await rowOf(task)).toMatchObject({ cost_nanos: null, input_tokens: 100 });
  });

  test('fails where it cannot be asked, and the row says so', async () => {
    const task = await asked(await someAgent(), { prompt: '' });
    expect(await failureOf(callModel(task, { place: 'execute.3' }))).toMatchObject({
      ...{ type: 'invalid_input', nonRetryable: true },
    });
    expect(await callOf(task, 'execute.3')).toMatchObject({
      status: 'failed',
      error_category: 'invalid_input',
    });
    // Told once more, it is told the same.
    expect(await failureOf(callModel(task, { place: 'execute.3' }))).toMatchObject({
      type: 'invalid_input',
    });
  });
});
