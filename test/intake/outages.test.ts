import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { GROUP, openStreams, type Streamed, type Streams, TIMES } from '../support/intake.js';
import { describeRedis } from '../support/redis-server.js';
import { until } from '../support/until.js';

/** Nothing is claimed within a test. */
const PATIENT = { times: { ...TIMES, claimAfterMs: 60_000 } };

describeRedis('entries', () => {
  let streams: Streams;
  let own: Streamed;
  const submit = (...args: Parameters<Streams['api']['tasks']['submit']>) =>
    streams.api.context.tasks.submit(...args);
  beforeAll(async () => {
    streams = await openStreams();
  });
  afterAll(() => streams.close());
  beforeEach(() => {
    own = streams.begin();
  });
  afterEach(() => own.close());

  /** Entries that a consumer was given which never came back. */
  async function leaveTo(consumer: string, ...taskIds: string[]): Promise<string[]> {
    const { commands } = streams.redis;
    await commands.xGroupCreate(own.stream, GROUP, '0', { MKSTREAM: true });
    const entries: string[] = [];
    for (const id of taskIds) entries.push(await own.addSurvey(id));
    await commands.xReadGroup(GROUP, consumer, { key: own.stream, id: '>' });
    return entries;
  }

  test('are acknowledged only when their tasks are durable', async () => {
    let isReleased = false;
    own.start(
      own.submitting(async (task) => {
        await until(() => isReleased);
        return submit(task);
      }),
    );
    await own.addSurvey('held-up');
    await until(async () => (await own.pendingCount().catch(() => 0)) === 1);
    expect(await own.hasTask('held-up')).toBe(false);
    isReleased = true;
    await own.settled();
    expect(await own.hasTask('held-up')).toBe(true);
  });

  test('of a dead consumer are taken over, and it is removed', async () => {
    await leaveTo('dead', 'left-behind');
    own.start();
    await own.task('left-behind');
    await own.settled();
    await until(async () => !(await own.consumers()).includes('dead'));
    // On a busy machine the other one may be taken for gone, too: it comes back with its next read.
    await until(async () => (await own.consumers()).length === 1);
  });

  test('of a dead consumer are found behind many that are being worked on', async () => {
    const { commands } = streams.redis;
    await leaveTo('busy', ...Array.from({ length: 150 }, () => randomUUID()));
    await own.addSurvey('behind');
    await commands.xReadGroup(GROUP, 'dead', { key: own.stream, id: '>' });
    const [last] = await commands.xPendingRange(own.stream, GROUP, '-', '+', 1, { consumer: 'dead' });
    await commands.xClaim(own.stream, GROUP, 'dead', 0, last?.id ?? '', { IDLE: 120_000 });
    own.start(PATIENT);
    await own.task('behind');
  });

  test('of a process before of the same name are taken at once; what was deleted meanwhile is let go', async () => {
    const [, deleted = ''] = await leaveTo('worker-1', 'own', 'deleted');
    await streams.redis.commands.xDel(own.stream, deleted);
    own.start(PATIENT, { CONSUMER_NAME: 'worker-1' });
    await own.task('own');
    await own.settled();
    expect(await own.results()).toEqual([]);
    expect(await own.hasTask('deleted')).toBe(false);
  });

  test('are shared among processes, each one of them taken once', async () => {
    const parts = [own.start(), own.start()];
    const ids = Array.from({ length: 40 }, () => randomUUID());
    await Promise.all(ids.map((id) => own.addSurvey(id)));
    for (const id of ids) await own.task(id);
    await own.settled();
    expect(await own.results()).toEqual([]);
    await until(async () => (await own.consumers()).length === parts.length);
    await parts[0]?.close();
    expect(await own.consumers()).toHaveLength(1);
  });

  test('wait while the database or Temporal is away, and none is lost', async () => {
    let failures = 3;
    const failing = own.submitting((task) => {
      if (failures-- > 0) throw Object.assign(new Error('the engine is away'), { name: 'TransportError' });
      return submit(task);
    });
    own.start({ ...failing, ...PATIENT });
    await own.addSurvey('patient');
    await own.task('patient');
    await own.settled();
    expect(failures).toBeLessThan(0);
    expect(await own.results()).toEqual([]);
  });

  test('that fail again and again for a reason of ours are given up, so that others get their turn', async () => {
    own.start(
      own.submitting(async (task) => {
        if (task.id === 'poison') throw new TypeError('a fault of ours');
        return submit(task);
      }),
    );
    await own.addSurvey('poison');
    await own.addSurvey('after-poison');
    await own.task('after-poison');
    expect(await own.results()).toEqual([
      expect.objectContaining({ task_id: 'poison', error: 'an unexpected error; the log has it' }),
    ]);
  });

  test('are taken again when Redis was away and has come back', async () => {
    const { server, redis } = streams;
    own.start();
    await own.addSurvey('before');
    await own.task('before');
    await own.settled();
    await server.kill();
    await until(() => !redis.commands.isReady);
    await server.start();
    await until(() => redis.commands.isReady);
    await own.addSurvey('after');
    await own.task('after');
    await own.settled();
  });

  test('are taken again when Redis hung', async () => {
    const { server, redis } = streams;
    own.start();
    await own.addSurvey('before-it-hung');
    await own.task('before-it-hung');
    server.signal('SIGSTOP');
    await until(() => !redis.commands.isReady);
    server.signal('SIGCONT');
    await until(() => redis.commands.isReady);
    await own.addSurvey('after-it-hung');
    await own.task('after-it-hung');
    await own.settled();
  });

  test('are taken again when all of Redis was emptied', async () => {
    own.start();
    await own.addSurvey('kept');
    await own.task('kept');
    await streams.redis.commands.flushAll();
    await own.addSurvey('later');
    await own.task('later');
    await own.settled();
  });

  test('that come when a process stops are for others; it leaves the group', async () => {
    const part = own.start();
    await own.addSurvey('closing');
    await own.task('closing');
    await own.settled();
    const from = performance.now();
    part.beginShutdown();
    await part.close();
    expect(performance.now() - from).toBeLessThan(2_000);
    expect(await own.consumers()).toEqual([]);
    await own.addSurvey('too-late');
    expect(await own.hasTask('too-late')).toBe(false);
    own.start();
    await own.task('too-late');
  });

  test('that all groups are done with are taken away some time later, others never', async () => {
    const { commands } = streams.redis;
    const batch = commands.multi();
    for (let index = 0; index < 300; index++) batch.xAdd(own.stream, `${index + 1}-0`, { payload: '' });
    await batch.exec();
    await commands.xGroupCreate(own.stream, 'another', '0');
    await commands.xReadGroup('another', 'someone', { key: own.stream, id: '>' }, { COUNT: 250 });
    own.start();
    await until(async () => (await own.results()).length === 300);
    await delay(200);
    expect(await commands.xLen(own.stream)).toBe(300);
    const ids = Array.from({ length: 249 }, (_, index) => `${index + 1}-0`);
    await commands.xAck(own.stream, 'another', ids);
    await until(async () => (await commands.xLen(own.stream)) < 110);
    expect((await commands.xRange(own.stream, '250-0', '300-0'))?.length).toBe(51);
  });
});
