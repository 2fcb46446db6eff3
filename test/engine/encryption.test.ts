import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import { openTestEngine, type TestEngine } from '../support/engine.js';

let engine: TestEngine;
beforeAll(async () => {
  engine = await openTestEngine({ PAYLOAD_KEYS: `k1:${Buffer.alloc(32, 'k').toString('base64')}` });
});
afterAll(() => engine.close());

test('with PAYLOAD_KEYS nothing of inputs, results and failures can be read in a history', async () => {
  const workflowsPath = fileURLToPath(new URL('./workflows/whisper.ts', import.meta.url));
  const activities = { tell: async (secret: string) => secret };
  const options = { workflowId: 'whisper', taskQueue: 'whisper', args: ['a canary'] };
  const failure = await engine.withWorker({ taskQueue: 'whisper', workflowsPath, activities }, () =>
    engine.client.workflow.execute('whisper', options).catch((error: unknown) => error),
  );
  expect(failure).toBeInstanceOf(WorkflowFailedError);
  expect(failure).toMatchObject({ cause: { message: 'failed with a canary' } });
  const history = await engine.client.workflow.getHandle('whisper').fetchHistory();
  const bytes = (history.events ?? []).map((event) => JSON.stringify(event, decoded)).join('\n');
  expect(bytes).toContain('binary/encrypted');
  expect(bytes).not.toContain('canary');
});

/** Bytes stand in base64 there. */
const decoded = (_: string, value: unknown) =>
  typeof value === 'string' ? `${value} ${Buffer.from(value, 'base64').toString('latin1')}` : value;
