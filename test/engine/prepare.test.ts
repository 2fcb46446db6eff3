import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config.js';
import { connectEngine, type Engine } from '../../src/engine/connect.js';
import { prepareEngine, SEARCH_ATTRIBUTES } from '../../src/engine/prepare.js';
import { silentLog } from '../support/databases.js';
import { testAddress } from '../support/engine.js';

let engine: Engine;
beforeAll(async () => {
  const namespace = `test-${randomUUID()}`;
  engine = await connectEngine(readConfig({}), { namespace, options: { address: testAddress() } });
  // As several processes of one deployment do at their first start.
  await Promise.all([prepareEngine(engine, silentLog), prepareEngine(engine, silentLog)]);
});
afterAll(() => engine.connection.close());

test('a new namespace keeps what has ended for 30 days', async () => {
  const { namespace } = engine;
  const { config } = await engine.client.workflowService.describeNamespace({ namespace });
  expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 86_400);
});

test('every search attribute can be used at once', async () => {
  const searchAttributes = Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, [`of ${name}`]]));
  const options = { workflowId: 'attributes', taskQueue: 'nobody', searchAttributes };
  const handle = await engine.client.workflow.start('any', options);
  expect((await handle.describe()).searchAttributes).toMatchObject(searchAttributes);
  await handle.terminate();
});

test('what is prepared already is left as it is', async () => {
  const { namespace } = engine;
  const config = { workflowExecutionRetentionTtl: { seconds: 7 * 86_400 } };
  await engine.client.workflowService.updateNamespace({ namespace, config } as never);
  await prepareEngine(engine, silentLog);
  const described = await engine.client.workflowService.describeNamespace({ namespace });
  expect(Number(described.config?.workflowExecutionRetentionTtl?.seconds)).toBe(7 * 86_400);
});
