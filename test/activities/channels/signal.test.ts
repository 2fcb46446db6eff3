import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { createSignalChannel } from '../../../src/activities/channels/signal.js';
import { aDelivery, outgoing } from '../../support/deliveries.js';
import { openTestEngine, type TestEngine } from '../../support/engine.js';
import { closedPort } from '../../support/receiver.js';

const deliveryTo = (workflowId: string, body = '["first",{"second":2}]') =>
  outgoing(
    aDelivery({ channel: 'signal', receiver: 'signal', request: { workflowId, signal: 'approve' }, body }),
  );

describe('a signal', () => {
  let engine: TestEngine;
  let client: Client;
  beforeAll(async () => {
    engine = await openTestEngine();
    client = engine.client;
  });
  afterAll(() => engine.close());

  /** A workflow that no worker runs: it only collects signals. */
  async function started(workflowId: string): Promise<void> {
    await client.workflow.start('nobody', { workflowId, taskQueue: `nobody-${randomUUID()}`, args: [] });
  }

  async function signalsOf(workflowId: string) {
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
    return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signalled }) =>
      signalled
        ? [
            [
              signalled.signalName,
              ...(signalled.input?.payloads ?? []).map(({ data }) =>
                JSON.parse(String(Buffer.from(data ?? []))),
              ),
            ],
          ]
        : [],
    );
  }

  test('reaches the workflow with its arguments', async () => {
    const workflowId = `orders/org/${randomUUID()}`;
    await started(workflowId);
    expect(await createSignalChannel(client).deliver(deliveryTo(workflowId))).toEqual({ kind: 'delivered' });
    expect(await signalsOf(workflowId)).toEqual([['approve', 'first', { second: 2 }]]);
  });

  test('to a workflow that does not exist is final', async () => {
    const result = await createSignalChannel(client).deliver(deliveryTo(`orders/org/${randomUUID()}`));
    expect(result).toEqual({ kind: 'dead', error: 'workflow_not_found' });
  });

  test.each(['orders/other', 'orders', ''])(
    "to another organisation's workflow (%s…) is as if it did not exist, and never arrives",
    async (prefix) => {
      const workflowId = `${prefix}/${randomUUID()}`;
      await started(workflowId);
      const result = await createSignalChannel(client).deliver(deliveryTo(workflowId));
      expect(result).toEqual({ kind: 'dead', error: 'workflow_not_found' });
      expect(await signalsOf(workflowId)).toEqual([]);
    },
  );
});

test('a signal while the engine is away is worth another try', async () => {
  const connection = Connection.lazy({ address: `127.0.0.1:${await closedPort()}`, connectTimeout: 500 });
  const client = new Client({ connection });
  const result = await createSignalChannel(client).deliver(deliveryTo('orders/org/1'));
  expect(result).toEqual({ kind: 'retry', error: 'engine_unreachable' });
  await connection.close();
});
