import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient } from '@redis/client';
import type { Delivery, DeliverySummary } from '../../src/schemas/delivery.js';
import type { Timer } from '../../src/schemas/timer.js';
import { DEMO_KEY } from '../support/api.js';
import { eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';
import { openReceiver, type Receiver } from '../support/receiver.js';
import { describeRedis, type RedisServer, startRedis } from '../support/redis-server.js';
import { openSmtpServer, type TestSmtpServer } from '../support/smtp-server.js';

const TOKEN = '123456:a-token';
let telegram: Receiver;
let teams: Receiver;
let smtp: TestSmtpServer;
let mainspring: TestMainspring;
/** What Telegram answers next; success when it is empty. */
const telegramAnswers: { status: number; body: object }[] = [];

const openTelegram = () =>
  openReceiver((_, response) => {
    const { status, body } = telegramAnswers.shift() ?? {
      ...{ status: 200, body: { ok: true, result: { message_id: 42 } } },
    };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });

beforeAll(async () => {
  telegram = await openTelegram();
  teams = await openReceiver((_, response) => response.writeHead(202).end());
  smtp = await openSmtpServer();
  mainspring = await startMainspring({ env: { TELEGRAM_BASE_URL: telegram.url, SMTP_URL: smtp.url } });
});
afterAll(async () => {
  await mainspring.close();
  await smtp.close();
  await teams.close();
  await telegram.close();
});

const ask = async <T>(path: string, body?: unknown) =>
  (await mainspring.send(path, { key: DEMO_KEY, body })).json<T>();
const get = async (id: string) => (await ask<{ delivery: Delivery }>(`/deliveries/${id}`)).delivery;
async function ended(query: string): Promise<Delivery[]> {
  const rows = await eventually(
    async () => (await ask<{ deliveries: DeliverySummary[] }>(`/deliveries?${query}`)).deliveries,
    (all) => all.length > 0 && all.every(({ status }) => status !== 'pending'),
  );
  return Promise.all(rows.map(({ id }) => get(id)));
}
async function submit(...delivery: object[]): Promise<string> {
  const asked = { agent_name: 'AdminAgent', method_name: 'health', delivery };
  return (await ask<{ task_id: string }>('/tasks', asked)).task_id;
}
const fire = (...actions: object[]) =>
  mainspring.createTimer({ name: 'tea <3', duration: '100ms', actionBundle: { actions } });

const toTelegram = { telegram_bot_token: TOKEN, telegram_chat_id: 7 };
const toTeams = () => ({ teams_webhook_url: `${teams.url}/workflows/a-key?sig=a-signature` });
const toMailboxes = { email_recipients: ['a@example.com', 'b@example.com'], email_subject: 'Report' };

test('the result of a task reaches a chat, a channel of Teams and mailboxes', async () => {
  const id = await submit(
    { channel: 'telegram', ...toTelegram },
    { channel: 'teams', ...toTeams() },
    { channel: 'email', ...toMailboxes },
  );
  const deliveries = await ended(`taskId=${id}`);
  expect(deliveries.map(({ channel, status, receiver }) => [channel, status, receiver]).sort()).toEqual([
    ['email', 'delivered', 'email'],
    ['teams', 'delivered', teams.url],
    ['telegram', 'delivered', 'telegram:123456'],
  ]);
  expect(telegram.received.at(-1)?.path).toBe(`/bot${TOKEN}/sendMessage`);
  expect(JSON.parse(telegram.received.at(-1)?.body ?? '')).toMatchObject({
    ...{ chat_id: 7, parse_mode: 'HTML', text: expect.stringContaining('AdminAgent') },
  });
  expect(JSON.parse(teams.received.at(-1)?.body ?? '')).toMatchObject({ type: 'message' });
  const mail = smtp.taken.at(-1);
  expect(mail?.recipients).toEqual(['a@example.com', 'b@example.com']);
  expect(mail?.email.subject).toBe('Report');
  expect(mail?.email.text).toContain('AdminAgent');
  expect(JSON.stringify(deliveries)).not.toMatch(/a-token|a-key|a-signature/);
});

test('a timer tells them its name, its text and its data', async () => {
  const words = { text: 'It is ready & hot', data: { cups: 2 } };
  const { id } = await fire(
    { type: 'telegram', ...toTelegram, ...words },
    { type: 'teams', ...toTeams(), ...words },
    { type: 'email', email_recipients: ['a@example.com'], ...words },
  );
  const deliveries = await ended(`timerId=${id}`);
  expect(deliveries.map(({ status, timerId, taskId }) => [status, timerId, taskId])).toEqual(
    Array(3).fill(['delivered', id, null]),
  );
  const { text } = JSON.parse(telegram.received.at(-1)?.body ?? '');
  expect(text).toContain('<b>tea &lt;3</b>');
  expect(text).toContain('It is ready &amp; hot');
  expect(text).toContain('&quot;cups&quot;: 2');
  expect(teams.received.at(-1)?.body).toContain('It is ready & hot');
  expect(smtp.taken.at(-1)?.email.subject).toBe('tea <3');
});

test('an escalation and a started timer reach them as well: sealed tokens are opened in between', async () => {
  telegramAnswers.push({
    ...{ status: 400, body: { ok: false, error_code: 400, description: 'Bad Request: chat not found' } },
  });
  const { id } = await fire(
    {
      ...{ type: 'telegram', ...toTelegram },
      escalation: { afterAttempts: 3, action: { type: 'email', ...toMailboxes, text: 'no chat' } },
    },
    { type: 'timer', duration: '50ms', actionBundle: { actions: [{ type: 'teams', ...toTeams() }] } },
  );
  const timer = await eventually(
    () => ask<{ timer: Timer }>(`/timers/${id}?wait=5s`),
    (answer) => answer.timer.status === 'failed',
  );
  expect(timer.timer.status).toBe('failed');
  expect(await get(`${id}.1.0`)).toMatchObject({ status: 'dead', lastError: 'Bad Request: chat not found' });
  await eventually(
    () => smtp.taken.some(({ email }) => email.text?.includes('no chat')),
    (isTold) => isTold,
  );
  expect(await ended(`timerId=${id}.1.1`)).toMatchObject([{ channel: 'teams', status: 'delivered' }]);
});

test('what Telegram refuses for good is dead, with its words and without the token', async () => {
  telegramAnswers.push({
    ...{ status: 403, body: { ok: false, error_code: 403, description: `blocked ${TOKEN}` } },
  });
  const [told] = await ended(`taskId=${await submit({ channel: 'telegram', ...toTelegram })}`);
  expect(told).toMatchObject({ status: 'dead', lastStatusCode: 403, attemptCount: 1 });
  expect(told?.lastError).toContain('blocked');
  expect(JSON.stringify(told)).not.toContain('a-token');
});

test('what Telegram asks to wait for comes again after the time that it named', async () => {
  telegramAnswers.push({
    status: 429,
    body: { ok: false, error_code: 429, description: 'Too Many', parameters: { retry_after: 1 } },
  });
  const [told] = await ended(`taskId=${await submit({ channel: 'telegram', ...toTelegram })}`);
  expect(told).toMatchObject({ status: 'delivered', attemptCount: 2 });
  const [first, second] = told?.attempts.map(({ at }) => Date.parse(at)) ?? [];
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1_000);
});

describeRedis('with Redis', () => {
  let redis: RedisServer;
  let withRedis: TestMainspring;
  let client: ReturnType<typeof createClient>;
  beforeAll(async () => {
    redis = await startRedis();
    client = createClient({ url: redis.url });
    await client.connect();
    withRedis = await startMainspring({ env: { REDIS_URL: redis.url } });
  });
  afterAll(async () => {
    await withRedis.close();
    client.destroy();
    await redis.stop();
  });
  const entriesOf = async (stream: string, count: number) =>
    eventually(
      async () => ((await client.xRange(stream, '-', '+')) ?? []).map((entry) => entry?.message),
      (entries) => entries.length >= count,
    );

  test('results are on the response stream whatever the channel, and timers add entries of theirs', async () => {
    const body = { agent_name: 'AdminAgent', method_name: 'health', delivery: { channel: 'log' } };
    const answer = await withRedis.send('/tasks', { key: DEMO_KEY, body });
    const { task_id: id } = answer.json<{ task_id: string }>();
    const [result] = await entriesOf('parrot:agent_results', 1);
    expect(result?.task_id).toBe(id);
    expect(Object.keys(JSON.parse(result?.payload ?? ''))).toEqual([
      ...['task_id', 'agent_name', 'success', 'output', 'error', 'execution_time_ms', 'metadata'],
    ]);
    const actions = [
      { type: 'redis_stream', response_stream: 'mine', data: { cups: 2 } },
      { type: 'redis_stream' },
    ];
    const timer = await withRedis.createTimer({ duration: '50ms', actionBundle: { actions } });
    const [entry] = await entriesOf('mine', 1);
    expect(entry?.timer_id).toBe(timer.id);
    expect(JSON.parse(entry?.payload ?? '')).toMatchObject({ cups: 2, timer_id: timer.id });
    const [, other] = await entriesOf('parrot:agent_results', 2);
    expect(other?.timer_id).toBe(timer.id);
  });
});
