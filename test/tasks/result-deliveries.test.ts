import { beforeAll, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config.js';
import type { AgentRow } from '../../src/db/agents.js';
import { takeDeliveries } from '../../src/db/attempts.js';
import type { Database } from '../../src/db/database.js';
import type { DeliveryRow } from '../../src/db/deliveries.js';
import type { TaskRow } from '../../src/db/tasks.js';
import { sealedDelivery } from '../../src/domain/delivery-secrets.js';
import type { TaskDelivery } from '../../src/schemas/task-delivery.js';
import { createTasks, type TaskEnding } from '../../src/tasks/tasks.js';
import { anAgent } from '../support/agents.js';
import { describeEachDatabase } from '../support/databases.js';
import { aTask } from '../support/tasks.js';
import { newVault } from '../support/vault.js';

const DONE = { status: 'completed' as const, output: { found: 2 }, error: null };
const EVERYWHERE: TaskDelivery[] = [
  { channel: 'log' },
  { channel: 'webhook', webhook_url: 'https://user:hunter2@agents.example.com/results' },
  { channel: 'telegram', telegram_bot_token: '123456:hunter2', telegram_chat_id: 7 },
  { channel: 'teams', teams_webhook_url: 'https://teams.example.com/workflows/hunter2' },
  { channel: 'email', email_recipients: ['a@example.com', 'b@example.com'], email_subject: 'Report' },
  { channel: 'redis_stream', response_stream: 'mine' },
];

describeEachDatabase('the result of a task', (database) => {
  const vault = newVault();
  let opened: Database;
  let agent: AgentRow;
  /** What its workflows were told, in order. */
  const told: string[] = [];
  beforeAll(async () => {
    opened = database();
    agent = await anAgent(opened);
  });

  const starter = {
    startTask: async () => undefined,
    tryCancelTask: async () => undefined,
    ensureEndpoint: async ({ receiver }: { receiver: string }) => void told.push(`ensure ${receiver}`),
    wakeEndpoint: ({ receiver }: { receiver: string }) => void told.push(`wake ${receiver}`),
    wakeMailbox: () => undefined,
  };
  const tasksOf = (env: Record<string, string> = {}, over: Partial<typeof starter> = {}) =>
    createTasks({
      ...{ database: opened, starter: { ...starter, ...over }, vault },
      config: readConfig({ REDIS_ORG: agent.org_id, ...env }),
    });
  const withRedis = () => tasksOf({ REDIS_URL: 'redis://localhost' });
  const aTaskTo = (...delivery: TaskDelivery[]) =>
    aTask(opened, agent, { delivery: delivery.map((one) => sealedDelivery(one, vault)) });
  const end = (tasks: ReturnType<typeof tasksOf>, task: TaskRow, over: Partial<TaskEnding> = {}) =>
    tasks.end({ orgId: task.org_id, taskId: task.id }, { ...DONE, at: new Date(), ...over });
  const deliveriesOf = (task: TaskRow): Promise<DeliveryRow[]> =>
    opened.db.selectFrom('deliveries').selectAll().where('task_id', '=', task.id).orderBy('id').execute();
  const channelsOf = async (task: TaskRow) =>
    (await deliveriesOf(task)).map(({ channel, request }) => [channel, request.stream]);

  test('goes to all that it names, each under an id of its own, with what its channel needs', async () => {
    const task = await aTaskTo(...EVERYWHERE);
    await end(tasksOf(), task);
    const rows = await deliveriesOf(task);
    expect(rows.map(({ id }) => id)).toEqual(EVERYWHERE.map((_, index) => `${task.id}.result.${index}`));
    expect(rows.map(({ channel, receiver, request }) => [channel, receiver, request])).toEqual([
      ['log', 'log', {}],
      ['webhook', 'https://agents.example.com', { method: 'POST', url: expect.stringMatching(/^sealed:/) }],
      ['telegram', 'telegram:123456', { botToken: expect.stringMatching(/^sealed:/), chatId: 7 }],
      ['teams', 'https://teams.example.com', { url: expect.stringMatching(/^sealed:/) }],
      ['email', 'email', { recipients: ['a@example.com', 'b@example.com'], subject: 'Report' }],
      ['redis_stream', 'redis_stream', { stream: 'mine' }],
    ]);
    expect(JSON.stringify(rows)).not.toContain('hunter2');
    const body = JSON.stringify({
      ...{ task_id: task.id, agent_name: agent.name, success: true, output: { found: 2 }, error: null },
      ...{ execution_time_ms: 0, metadata: {} },
    });
    const note = JSON.stringify({ title: agent.name, text: `{\n  "found": 2\n}\n\nTask ${task.id}` });
    expect(rows.map((row) => row.body)).toEqual([body, body, note, note, note, body]);
    expect(rows.every(({ status, next_attempt_at: at }) => status === 'pending' && at)).toBe(true);
  });

  test.each(['failed', 'cancelled', 'timed_out'] as const)('is told when it %s', async (status) => {
    const task = await aTaskTo({ channel: 'log' });
    const error = { category: 'tool' as const, message: 'no listings' };
    await end(tasksOf(), task, { status, error, output: undefined });
    const [row] = await deliveriesOf(task);
    expect(JSON.parse(row?.body ?? '')).toMatchObject({ success: false, error: 'no listings', output: null });
  });

  test('has its receivers ensured before it is written, and woken after', async () => {
    told.length = 0;
    const task = await aTaskTo({ channel: 'log' }, { channel: 'log' });
    await end(tasksOf(), task, { within: async () => void told.push('written') });
    expect(told).toEqual(['ensure log', 'written', 'wake log']);
  });

  test('is not there where the task did not end: nothing is written while a receiver cannot be ensured', async () => {
    const task = await aTaskTo({ channel: 'log' });
    const away = async () => {
      throw new Error('the engine is away');
    };
    await expect(end(tasksOf({}, { ensureEndpoint: away }), task)).rejects.toThrow('away');
    expect(await deliveriesOf(task)).toEqual([]);
    await end(tasksOf(), task);
    expect(await deliveriesOf(task)).toHaveLength(1);
  });

  test('is told once: a second end writes nothing', async () => {
    const task = await aTaskTo({ channel: 'log' });
    const ends = [
      end(tasksOf(), task),
      end(tasksOf(), task, { output: 'other' }),
      end(tasksOf(), task, { status: 'cancelled', output: undefined }),
    ];
    expect((await Promise.all(ends)).filter((row) => row !== undefined)).toHaveLength(1);
    expect(await end(tasksOf(), task)).toBeUndefined();
    expect(await deliveriesOf(task)).toHaveLength(1);
  });

  test('is told to nobody where its list is empty, and of what is a part of it never', async () => {
    const parent = await aTaskTo({ channel: 'log' });
    const child = await aTask(opened, agent, { parent });
    const silent = await aTaskTo();
    await end(withRedis(), child);
    await end(tasksOf(), silent);
    expect([await deliveriesOf(child), await deliveriesOf(silent)]).toEqual([[], []]);
  });

  test('goes to the stream of results as well, whatever the channel', async () => {
    const task = await aTaskTo({ channel: 'log' });
    const silent = await aTaskTo();
    await end(withRedis(), task);
    await end(withRedis(), silent);
    const results = ['redis_stream', 'parrot:agent_results'];
    expect(await channelsOf(task)).toEqual([['log', undefined], results]);
    expect(await channelsOf(silent)).toEqual([results]);
  });

  test('goes there once where the task names that stream itself', async () => {
    const named = await aTaskTo({ channel: 'redis_stream' });
    const other = await aTaskTo({ channel: 'redis_stream', response_stream: 'mine' });
    await end(withRedis(), named);
    await end(withRedis(), other);
    expect(await channelsOf(named)).toEqual([['redis_stream', 'parrot:agent_results']]);
    expect(await channelsOf(other)).toEqual([
      ['redis_stream', 'mine'],
      ['redis_stream', 'parrot:agent_results'],
    ]);
  });

  test('is tried often there: it goes out soon after Redis is back', async () => {
    const task = await aTaskTo({ channel: 'log' });
    await end(withRedis(), task);
    const policies = (await deliveriesOf(task)).map(({ policy }) => policy);
    expect(policies).toEqual([{}, { maxAttempts: 10_000, maxBackoffMs: 60_000 }]);
  });

  test('does not go there from another organisation', async () => {
    const task = await aTaskTo({ channel: 'log' });
    await end(tasksOf({ REDIS_URL: 'redis://localhost', REDIS_ORG: 'others' }), task);
    expect(await channelsOf(task)).toEqual([['log', undefined]]);
  });

  test('is told also where the key of a secret is gone: that delivery fails, the others arrive', async () => {
    const foreign = newVault();
    const delivery = EVERYWHERE.map((one) => sealedDelivery(one, foreign));
    const task = await aTask(opened, agent, { delivery });
    await end(tasksOf(), task);
    const receivers = (await deliveriesOf(task)).map(({ receiver }) => receiver);
    expect(receivers).toEqual(['log', 'unreadable', 'unreadable', 'unreadable', 'email', 'redis_stream']);
  });

  test('is taken to be sent with the task that it is of', async () => {
    const other = await anAgent(opened);
    const task = await aTask(opened, other, { delivery: [{ channel: 'log' }] });
    await end(tasksOf(), task);
    const soon = new Date(Date.now() + 1_000);
    const taken = await takeDeliveries(
      opened.db,
      { orgId: other.org_id, receiver: 'log' },
      { dueAt: soon, most: 10, until: soon },
    );
    expect(taken).toMatchObject([{ taskId: task.id, timerId: null, tenantId: null }]);
  });
});
