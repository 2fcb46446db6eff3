import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRedis, type Redis } from '../../src/redis.js';
import { silentLog } from '../support/databases.js';
import { startMainspring, type TestMainspring } from '../support/mainspring.js';
import { openReceiver } from '../support/receiver.js';
import { describeRedis, type RedisServer, startRedis } from '../support/redis-server.js';
import { until } from '../support/until.js';

const TASKS = 'parrot:agent_tasks';
const RESULTS = 'parrot:agent_results';

describeRedis('a task over Redis', () => {
  let server: RedisServer;
  let redis: Redis | undefined;
  let mainspring: TestMainspring;
  beforeAll(async () => {
    server = await startRedis();
    redis = createRedis({ REDIS_URL: server.url, REDIS_DB: 3 }, silentLog);
    mainspring = await startMainspring({ env: { REDIS_URL: server.url, REDIS_DB: '3' } });
    await until(() => redis?.commands.isReady ?? false);
  });
  afterAll(async () => {
    await mainspring.close();
    redis?.close();
    await server.stop();
  });

  /** The results of a task, as a stream has them. */
  async function resultsOf(taskId: string, stream = RESULTS): Promise<Record<string, unknown>[]> {
    const entries = (await redis?.commands.xRange(stream, '-', '+')) ?? [];
    return entries
      .filter(({ message }) => message.task_id === taskId)
      .map(({ message }) => JSON.parse(message.payload ?? ''));
  }
  async function submit(task: Record<string, unknown>): Promise<string> {
    const taskId = randomUUID().replaceAll('-', '');
    const payload = JSON.stringify({ task_id: taskId, agent_name: 'MarketAgent', ...task });
    await redis?.commands.xAdd(TASKS, '*', { task_id: taskId, agent_name: 'MarketAgent', payload });
    await until(async () => (await resultsOf(taskId)).length > 0);
    return taskId;
  }
  const analysis = { method_name: 'analyze_market', input: { category: 'electronics' } };

  test('is done, and its result stands on the response stream', async () => {
    const taskId = await submit({ ...analysis, metadata: { source: 'cron_job' } });
    expect(await resultsOf(taskId)).toEqual([
      {
        ...{ task_id: taskId, agent_name: 'MarketAgent', success: true, error: null },
        ...{
          output: expect.anything(),
          execution_time_ms: expect.any(Number),
          metadata: { source: 'cron_job' },
        },
      },
    ]);
  });

  test('has its result there whatever the channel, once, besides where it was to go', async () => {
    const receiver = await openReceiver();
    const taskId = await submit({
      ...analysis,
      delivery: [
        { channel: 'webhook', webhook_url: receiver.url },
        { channel: 'redis_stream', response_stream: 'of-my-own' },
      ],
    });
    await until(async () => (await resultsOf(taskId, 'of-my-own')).length > 0);
    await until(() => receiver.received.length > 0);
    expect(await resultsOf(taskId)).toHaveLength(1);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toEqual((await resultsOf(taskId))[0]);
    await receiver.close();
    const named = await submit({ ...analysis, delivery: { channel: 'redis_stream' } });
    expect(await resultsOf(named)).toHaveLength(1);
  });

  test('that fails has a failed result', async () => {
    const [result] = await resultsOf(await submit({ prompt: 'There is no model to ask.' }));
    expect(result).toMatchObject({ success: false, output: null, error: expect.any(String) });
  });
});
