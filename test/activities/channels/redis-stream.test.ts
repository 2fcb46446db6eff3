import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRedisStreamChannel } from '../../../src/activities/channels/redis-stream.js';
import { createRedis, MOST_RESULTS, type Redis } from '../../../src/redis.js';
import type { DeliveryRequest } from '../../../src/schemas/delivery.js';
import { silentLog } from '../../support/databases.js';
import { aDelivery, outgoing } from '../../support/deliveries.js';
import { describeRedis, type RedisServer, startRedis } from '../../support/redis-server.js';
import { until } from '../../support/until.js';

const OWNER = { REDIS_ORG: 'org', TASK_STREAM: 'tasks', RESULT_STREAM: 'results' };
const BODY = '{"task_id":"task-1","success":true}';

const aResult = (request: DeliveryRequest = { stream: 'results' }) =>
  outgoing(
    aDelivery({
      channel: 'redis_stream',
      receiver: 'redis_stream',
      taskId: 'task-1',
      timerId: null,
      request,
      body: BODY,
    }),
  );

describeRedis('a stream', () => {
  let server: RedisServer;
  let redis: Redis;
  beforeAll(async () => {
    server = await startRedis();
    redis = createRedis({ REDIS_URL: server.url, REDIS_DB: 0 }, silentLog) ?? never();
    await until(() => redis.commands.isReady);
  });
  afterAll(async () => {
    redis.close();
    await server.stop();
  });
  const channel = () => createRedisStreamChannel(redis, OWNER);
  const entriesOf = async (stream: string) =>
    (await redis.commands.xRange(stream, '-', '+'))?.map(({ message }) => ({ ...message }));

  test('is given the id of the task and the body as it was frozen', async () => {
    expect(await channel().deliver(aResult())).toEqual({
      kind: 'delivered',
      answer: expect.stringMatching(/^entry \d+-\d+$/),
    });
    expect(await entriesOf('results')).toEqual([{ task_id: 'task-1', payload: BODY }]);
  });

  test('is given the id of a timer', async () => {
    const ofTimer = { ...aResult({ stream: 'of-timers' }), taskId: null, timerId: 'timer-1' };
    await channel().deliver(ofTimer);
    expect(await entriesOf('of-timers')).toEqual([{ timer_id: 'timer-1', payload: BODY }]);
  });

  test.each([
    ["of another organisation's", { orgId: 'another' }],
    ['of tasks', { request: { stream: 'tasks' } }],
  ])('%s is not written to', async (_, given) => {
    const result = await channel().deliver({ ...aResult(), ...given });
    expect(result).toEqual({ kind: 'dead', error: 'stream_not_allowed' });
    expect(await entriesOf('tasks')).toEqual([]);
  });

  test.each([
    ['of results does not grow without end', { RESULT_STREAM: 'full' }, false],
    ['of somebody else keeps what it holds', {}, true],
  ])('%s', async (_, over, keepsAll) => {
    await redis.commands.del('full');
    const batch = redis.commands.multi();
    for (let index = 0; index < MOST_RESULTS + 500; index++)
      batch.xAdd('full', '*', { index: String(index) });
    await batch.exec();
    await createRedisStreamChannel(redis, { ...OWNER, ...over }).deliver(aResult({ stream: 'full' }));
    const length = await redis.commands.xLen('full');
    expect([length === MOST_RESULTS + 501, length < MOST_RESULTS + 200]).toEqual([keepsAll, !keepsAll]);
  });

  test('that is no stream is final', async () => {
    await redis.commands.set('text', 'something');
    expect(await channel().deliver(aResult({ stream: 'text' }))).toEqual({
      kind: 'dead',
      error: 'redis_refused',
      answer: expect.stringContaining('WRONGTYPE'),
    });
  });

  test('is tried again when the server is away, at once said so, and found again when it is back', async () => {
    await server.kill();
    await until(() => !redis.commands.isReady);
    const from = performance.now();
    expect(await channel().deliver(aResult())).toEqual({ kind: 'retry', error: 'redis_unreachable' });
    expect(performance.now() - from).toBeLessThan(100);
    await server.start();
    await until(() => redis.commands.isReady);
    expect(await channel().deliver(aResult())).toMatchObject({ kind: 'delivered' });
    expect(await entriesOf('results')).toHaveLength(2);
  });

  test('of a server that hangs is tried again', async () => {
    server.signal('SIGSTOP');
    expect(await channel().deliver(aResult())).toEqual({ kind: 'retry', error: 'redis_unreachable' });
    server.signal('SIGCONT');
    await until(() => redis.commands.isReady);
  });
});

function never(): never {
  throw new Error('REDIS_URL is set');
}
