import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from '@temporalio/client';
import type { BuiltinContext } from '../../src/tools/builtin.js';
import { batchProcessItems } from '../../src/tools/system/batch-process-items.js';
import { executeAgent } from '../../src/tools/system/execute-agent.js';
import { getSystemHealth } from '../../src/tools/system/get-system-health.js';
import { sendNotification } from '../../src/tools/system/send-notification.js';
import { describeEachDatabase } from '../support/databases.js';
import { openTestEngine, type TestEngine } from '../support/engine.js';
import { callOf, nextCall, toolContext } from '../support/tools.js';

let engine: TestEngine;
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine.close());

describeEachDatabase('tools of the system', (database) => {
  test('the system is healthy while database and Temporal answer', async () => {
    const context = await toolContext(database(), { client: engine.client });
    expect(await callOf(getSystemHealth, {}, context)).toMatchObject({
      ...{ status: 'healthy', database: { status: 'up' }, temporal: { status: 'up' } },
      tasks: { queued: 0, running: 0 },
    });
  });

  test('a Temporal that does not answer degrades it', async () => {
    const client = new Client({ connection: { ...engine.client.connection } as never });
    const context = await toolContext(database(), { client });
    expect(await callOf(getSystemHealth, {}, context)).toMatchObject({
      ...{ status: 'degraded', database: { status: 'up' }, temporal: { status: 'down' } },
    });
  });

  const notifications = (orgId: string) =>
    database().db.selectFrom('notifications').selectAll().where('org_id', '=', orgId).execute();

  test('a notification that the same call sends twice is one', async () => {
    const context = await toolContext(database(), { userId: 'ines' });
    const wish = { title: 'Sold', body: 'Your lamp was sold.', level: 'warning' };
    const first = await callOf(sendNotification, wish, context);
    expect(await callOf(sendNotification, wish, context)).toEqual(first);
    expect(await notifications(context.orgId)).toMatchObject([
      {
        id: first.notification_id,
        user_id: 'ines',
        title: 'Sold',
        level: 'warning',
        created_by: context.callId,
      },
    ]);
    await callOf(sendNotification, { ...wish, user_id: 'joan' }, nextCall(context));
    expect(await notifications(context.orgId)).toHaveLength(2);
  });

  test('a notification for nobody is refused', async () => {
    const context = await toolContext(database());
    await expect(callOf(sendNotification, { title: 'x', body: 'y' }, context)).rejects.toThrow(
      'user_id is needed',
    );
  });
});

describe('a batch', () => {
  type Call = BuiltinContext['callTool'];
  const inContext = (callTool: Call, signal = new AbortController().signal) =>
    ({ callTool, signal }) as BuiltinContext;
  const items = (count: number) => Array.from({ length: count }, (_, n) => ({ n }));
  const numberOf = (args: unknown) => Number((args as { n: number }).n);

  test('calls the tool for each item, and says of each what came of it', async () => {
    const seen: unknown[] = [];
    const callTool: Call = async (name, args) => {
      seen.push([name, args]);
      if (numberOf(args) === 1) throw new Error('no room');
      return { doubled: numberOf(args) * 2 };
    };
    const args = { tool: 'double', items: items(3), shared: { unit: 'm' } };
    expect(await callOf(batchProcessItems, args, inContext(callTool))).toEqual({
      ...{ tool: 'double', total: 3, completed: 2, failed: 1, skipped: 0 },
      results: [
        { index: 0, status: 'completed', result: { doubled: 0 } },
        { index: 1, status: 'failed', error: 'no room' },
        { index: 2, status: 'completed', result: { doubled: 4 } },
      ],
    });
    expect(seen[0]).toEqual(['double', { unit: 'm', n: 0 }]);
  });

  test('makes no more calls at once than it may', async () => {
    let [running, most] = [0, 0];
    const callTool: Call = async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(5);
      running -= 1;
    };
    await callOf(batchProcessItems, { tool: 't', items: items(20), concurrency: 4 }, inContext(callTool));
    expect(most).toBe(4);
  });

  test('that stops at an error begins no further call', async () => {
    const callTool: Call = async (_, args) => {
      if (numberOf(args) === 2) throw new Error('no');
    };
    const args = { tool: 't', items: items(10), concurrency: 1, stop_on_error: true };
    expect(await callOf(batchProcessItems, args, inContext(callTool))).toMatchObject({
      ...{ completed: 2, failed: 1, skipped: 7 },
    });
  });

  test('ends when its task is cancelled', async () => {
    const controller = new AbortController();
    let calls = 0;
    const callTool: Call = async () => {
      calls += 1;
      controller.abort(new Error('cancelled'));
    };
    const args = { tool: 't', items: items(10), concurrency: 1 };
    await expect(callOf(batchProcessItems, args, inContext(callTool, controller.signal))).rejects.toThrow(
      'cancelled',
    );
    expect(calls).toBe(1);
  });

  test.each([
    { tool: 'batch_process_items', items: [{}] },
    { tool: 't', items: [] },
    { tool: 't', items: items(101) },
    { tool: 't', items: items(1), concurrency: 11 },
  ])('%# is refused', (args) => {
    expect(batchProcessItems.input.safeParse(args).success).toBe(false);
  });
});

test('another agent is asked for a method or a prompt', () => {
  expect(executeAgent.input.safeParse({ agent: 'MarketAgent' }).success).toBe(false);
  expect(executeAgent.input.parse({ agent: 'MarketAgent', prompt: 'Look' })).toEqual({
    ...{ agent: 'MarketAgent', prompt: 'Look', input: {} },
  });
});
