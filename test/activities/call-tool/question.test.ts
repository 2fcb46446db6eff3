import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createQuestionOfTool } from '../../../src/activities/task/question-of-tool.js';
import { recordedCalls } from '../../../src/activities/task/recorded-calls.js';
import type { AgentRow } from '../../../src/db/agents.js';
import { getModelCall } from '../../../src/db/task-calls.js';
import { callId } from '../../../src/messages/task.js';
import { defineBuiltin } from '../../../src/tools/builtin.js';
import { generateContent } from '../../../src/tools/content/generate-content.js';
import { describeEachDatabase } from '../../support/databases.js';
import { modelCalls } from '../../support/model-calls.js';
import { type ModelServer, startModelServer } from '../../support/model-server.js';
import { builtin, toolCalls } from '../../support/tool-calls.js';
import { until } from '../../support/until.js';

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterEach(() => server.reset());
afterAll(() => server.close());

/** It waits for its model as long as it may. */
const think = defineBuiltin({
  name: 'think',
  description: 'Thinks',
  category: 'test',
  isRepeatable: true,
  timeoutSeconds: 1,
  schema: z.strictObject({}),
  execute: (_, { askModel, signal }) => askModel({ prompt: 'think', system: 'You think.', signal }),
});

describeEachDatabase('a question of a tool to a model', (database) => {
  const { activity, someAgent } = modelCalls(database, () => server);
  const tools = toolCalls(database, {
    code: [builtin(generateContent), builtin(think)],
    askModel: (...about) => createQuestionOfTool(database().db, activity())(...about),
  });

  async function working(limits: object = {}): Promise<AgentRow> {
    const agent = await someAgent({ tools: ['generate_content', 'think'], limits });
    await tools.aTool(agent, 'generate_content');
    await tools.aTool(agent, 'think');
    return agent;
  }
  const TITLE = { type: 'title', topic: 'a lamp' };
  const titled = { text: '{"title": "A lamp"}', usage: { input: 30, output: 5 } };

  test('is asked again where the model is busy, when it says that it may be', async () => {
    const task = await tools.running(await working());
    const busy = { status: 429, headers: { 'retry-after-ms': '20' } };
    server.script(busy, busy, titled);
    const call = await tools.call(task, 'generate_content', TITLE);
    expect(call).toMatchObject({ status: 'completed', result: { content: { title: 'A lamp' } } });
    expect(server.requests).toHaveLength(3);
    expect(await tools.rowOf(task)).toMatchObject({ input_tokens: 30, output_tokens: 5 });
  });

  test.each([
    ['rate_limit', { status: 429, headers: { 'retry-after-ms': '5' } }, {}],
    ['model', { status: 401 }, {}],
    ['budget', titled, { maxTokens: 5 }],
  ])(
    'that comes to nothing fails the tool, and code that needs it, with %s',
    async (category, answer, limits) => {
      const task = await tools.running(await working({ maxAttempts: 2, ...limits }), { method: 'generate' });
      server.otherwise = answer;
      const place = 'execute.0';
      const call = await tools.call(task, 'generate_content', TITLE, place);
      expect(call).toMatchObject({ status: 'failed', error_category: category, error: expect.any(String) });
      const question = await getModelCall(tools.db(), task.org_id, callId(task.id, `${place}.q0`));
      expect(question).toMatchObject({ status: 'failed', error_category: category, reserved_tokens: 0 });
      expect(question?.error_message).toBe(call.error);
      const calls = await recordedCalls(tools.db(), task, { stage: 'execute', failed: [] });
      await expect(calls.callTool('generate_content', TITLE)).rejects.toMatchObject({
        ...{ name: 'CallError', category },
      });
    },
  );

  test('is broken off at the time limit of the tool, and what it used counts', async () => {
    const task = await tools.running(await working());
    server.script({ text: 'Well', hangs: 'after its text', finish: null });
    expect(await tools.call(task, 'think')).toMatchObject({ error: 'took longer than its limit of 1 s' });
    await until(() => server.requests[0]?.wasAborted === true);
    await until(async () => ((await tools.rowOf(task)).input_tokens ?? 0) > 0);
  });

  test('of generate_content has 300 s', () => {
    expect(generateContent.timeoutSeconds).toBe(300);
  });
});
