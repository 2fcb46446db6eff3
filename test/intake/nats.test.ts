import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { DEMO_KEY } from '../support/api.js';
import { eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';
import { describeNats, type NatsServer, startNats } from '../support/nats-server.js';
import { until } from '../support/until.js';

const LIMIT_MS = 60_000;

interface Heard {
  id: string;
  type: string;
  subject: string;
}

describeNats('NATS as the operator has it', () => {
  let server: NatsServer;
  let mainspring: TestMainspring;
  let theirs: NatsConnection;
  const results: Record<string, unknown>[] = [];

  async function listen(): Promise<void> {
    theirs = await connect({ servers: server.url, reconnect: false });
    theirs.subscribe('agent.results', { callback: (_, message) => void results.push(message.json()) });
    await theirs.flush();
  }

  beforeAll(async () => {
    server = await startNats();
    await listen();
    mainspring = await startMainspring({ env: { NATS_URL: server.url } });
    const manager = await jetstreamManager(theirs);
    await eventually(
      () => manager.consumers.info('AGENT_TASKS', 'agent-worker').catch(() => null),
      (consumer) => consumer !== null,
    );
  }, LIMIT_MS);
  afterAll(async () => {
    await mainspring?.close();
    await theirs?.close();
    await server?.stop();
  }, LIMIT_MS);

  /** All that was ever published of events. */
  async function events(): Promise<Heard[]> {
    const manager = await jetstreamManager(theirs);
    const { state } = await manager.streams.info('MAINSPRING_EVENTS');
    if (state.messages === 0) return [];
    const consumer = await jetstream(theirs).consumers.get('MAINSPRING_EVENTS');
    const heard: Heard[] = [];
    for await (const message of await consumer.fetch({ max_messages: state.messages }))
      heard.push(message.json());
    return heard;
  }
  const isTold = async (taskId: string) =>
    (await events()).some(({ subject, type }) => subject === taskId && type === 'task.completed');

  const survey = (taskId: string) =>
    JSON.stringify({
      ...{ task_id: taskId, agent_name: 'MarketAgent', method_name: 'analyze_market' },
      input: { category: 'electronics' },
    });
  const waiting = async () => {
    const manager = await jetstreamManager(theirs);
    const { num_pending: pending, num_ack_pending: open } = await manager.consumers.info(
      'AGENT_TASKS',
      'agent-worker',
    );
    return pending + open;
  };
  async function taskOf(taskId: string): Promise<string> {
    const answer = await mainspring.send(`/tasks/${taskId}?wait=20s`, { key: DEMO_KEY });
    return answer.json<{ task: { status: string } }>().task.status;
  }

  test('a task that is published becomes a task, once, and is acknowledged', async () => {
    const taskId = randomUUID();
    await jetstream(theirs).publish('agent.tasks', survey(taskId));
    await jetstream(theirs).publish('agent.tasks', survey(taskId));
    await until(async () => (await waiting()) === 0);
    expect(await taskOf(taskId)).toBe('completed');
    await eventually(
      () => isTold(taskId),
      (told) => told,
    );
  });

  test('what is given by the type of an agent is a task of that agent', async () => {
    const executionId = randomUUID();
    const execution = {
      type: 'MARKET',
      action: 'analyze_market',
      input: { category: 'electronics' },
      executionId,
    };
    await jetstream(theirs).publish('agent.tasks', JSON.stringify(execution));
    await until(async () => (await waiting()) === 0);
    expect(await taskOf(executionId)).toBe('completed');
  });

  test('tasks of a stream that was made anew are not taken for those of the old one', async () => {
    const give = async (prompt: string) => {
      const task = { agent_name: 'MarketAgent', method_name: 'analyze_market', input: { category: prompt } };
      const { seq } = await jetstream(theirs).publish('agent.tasks', JSON.stringify(task));
      await until(async () => (await waiting()) === 0);
      return seq;
    };
    const count = async () => {
      const { n } = await mainspring.database.db
        .selectFrom('tasks')
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(n);
    };
    const manager = await jetstreamManager(theirs);
    const isRead = () =>
      eventually(
        () => manager.consumers.info('AGENT_TASKS', 'agent-worker').catch(() => null),
        (consumer) => consumer !== null,
      );
    await manager.consumers.delete('AGENT_TASKS', 'agent-worker');
    await isRead();
    const last = await give('electronics');
    await manager.streams.delete('AGENT_TASKS');
    await isRead();
    const before = await count();
    for (let seq = 0; seq < last; ) seq = await give('electronics');
    expect(await count()).toBe(before + last);
  });

  test('what is no task is answered, and not handed out again', async () => {
    const taskId = randomUUID();
    await jetstream(theirs).publish('agent.tasks', 'no json');
    await jetstream(theirs).publish(
      'agent.tasks',
      JSON.stringify({ task_id: taskId, agent_name: 'Nobody', prompt: 'x' }),
    );
    await until(() => results.length >= 2);
    await until(async () => (await waiting()) === 0);
    expect(results).toEqual([
      expect.objectContaining({ success: false, error: expect.stringContaining('JSON') }),
      expect.objectContaining({ task_id: taskId, agent_name: 'Nobody', success: false }),
    ]);
  });

  test(
    'its health is told, and after it was away tasks and events go on without a gap',
    async () => {
      const health = async () => (await mainspring.send('/api/health/nats')).status;
      await until(async () => (await health()) === 200);
      await server.kill();
      await until(async () => (await health()) === 503);
      expect((await mainspring.send('/healthz')).status).toBe(200);
      const created = await mainspring.createTimer({ duration: '1h' });
      await server.start();
      await listen();
      const taskId = randomUUID();
      await jetstream(theirs).publish('agent.tasks', survey(taskId));
      expect(
        await eventually(
          () => taskOf(taskId).catch(() => ''),
          (status) => status !== '',
        ),
      ).toBe('completed');
      await until(async () => (await health()) === 200);
      await eventually(
        () => isTold(taskId),
        (told) => told,
      );
      const heard = await events();
      expect(heard.filter(({ subject }) => subject === created.id)).toMatchObject([
        { type: 'timer.created' },
      ]);
      expect(new Set(heard.map(({ id }) => id)).size).toBe(heard.length);
    },
    LIMIT_MS,
  );
});
