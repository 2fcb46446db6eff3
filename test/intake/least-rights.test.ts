import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRedisStreamChannel } from '../../src/activities/channels/redis-stream.js';
import { createRedis } from '../../src/redis.js';
import { silentLog } from '../support/databases.js';
import { aDelivery, outgoing } from '../support/deliveries.js';
import { openStreams, type Streamed, type Streams } from '../support/intake.js';
import { describeRedis } from '../support/redis-server.js';
import { until } from '../support/until.js';

/** As docs/redis.md says. */
const RIGHTS = ['+@stream', '+@connection', '+@transaction', '+eval'];

describeRedis('a user of Redis with as few rights as it needs', () => {
  let streams: Streams;
  let own: Streamed;
  beforeAll(async () => {
    streams = await openStreams();
  });
  afterAll(() => streams.close());

  test.each([
    ['mainspring', RIGHTS],
    ['without-scripts', RIGHTS.slice(0, 3)],
  ])('is enough (%s)', async (name, rights) => {
    own = streams.begin();
    const { commands } = streams.redis;
    await commands.aclSetUser(name, ['on', '>secret', `~${own.stream}*`, ...rights]);
    const url = streams.server.url.replace('//', `//${name}:secret@`);
    const redis = createRedis({ REDIS_URL: url, REDIS_DB: 0 }, silentLog);
    if (!redis) throw new Error('REDIS_URL is set');
    await until(() => redis.commands.isReady);
    own.start({ redis });
    await own.addSurvey(`for-${name}`);
    await own.task(`for-${name}`);
    await own.add({ payload: 'nothing' });
    await until(async () => (await own.results()).length === 1);
    await own.settled();
    const owner = { REDIS_ORG: 'org', TASK_STREAM: own.stream, RESULT_STREAM: `${own.stream}:results` };
    const channel = createRedisStreamChannel(redis, owner);
    const to = (stream: string) =>
      channel.deliver(outgoing(aDelivery({ channel: 'redis_stream', request: { stream } })));
    expect(await to(`${own.stream}:results`)).toMatchObject({ kind: 'delivered' });
    expect(await to('elsewhere')).toMatchObject({ kind: 'dead', error: 'redis_refused' });
    await own.close();
    redis.close();
  });
});
