import { randomUUID } from 'node:crypto';
import type { Random } from '../chaos/random.js';
import type { IdPool } from './id-pool.js';
import type { Hint } from './values.js';

const HOUR_MS = 3_600_000;
/** So many different hours are far dues spread over: each has a workflow. */
const FAR_HOURS = 24;
const FIRST_FAR_HOUR = 24 * 400;

/** Nobody listens at these, and nothing beyond this machine is called. */
const CLOSED = ['http://127.0.0.1:1', 'http://localhost:2', 'http://[::1]:3', 'http://127.0.0.9:4'];
const QUERIES = ['', '/hook', '/hook?a=b', '/?sig=s3cr3t', '/hook?token=t&x=1', '/%E2%8F%B0?q=%20'];

export const closedUrl: Hint = (random) => {
  const base = random.pick(CLOSED);
  const withUser = random.next() < 0.2 ? base.replace('//', '//user:password@') : base;
  return withUser + random.pick(QUERIES);
};

/** A start shared by all, so that far moments meet in few hours. */
const startHour = Math.floor(Date.now() / HOUR_MS) + FIRST_FAR_HOUR;
const farMs = (random: Random) => (startHour + random.between(0, FAR_HOURS - 1)) * HOUR_MS;

const withOffset = (text: string, random: Random) =>
  random.pick([text, text.replace('Z', '+00:00'), text.replace('.000Z', 'Z'), text.replace('Z', '-05:30')]);
const farInstant: Hint = (random) => withOffset(new Date(farMs(random)).toISOString(), random);

const farDuration: Hint = (random) => {
  const millis = Math.max(HOUR_MS, farMs(random) - Date.now());
  const hours = Math.round(millis / HOUR_MS);
  return random.pick([millis, `${millis}ms`, `${hours}h`, `PT${hours}H`, `${hours - 1}h59m60s`]);
};

/** A few fire while the run goes on: log lines, closed ports, signals. */
const duration: Hint = (random) =>
  random.next() < 0.06 ? random.pick(['1s', '2500ms', 1_500, 'PT3S']) : farDuration(random);

const base64: Hint = (random) => Buffer.from('x'.repeat(random.between(0, 200))).toString('base64');

const EVENT_TYPES = ['timer.fired', 'timer.*', 'delivery.dead', '*', 'timer.created', 'nothing.of_ours'];
/** Events that are rare: a run makes many subscriptions, and each is told of each. */
const QUIET_TYPES = ['delivery.endpoint_disabled', 'nothing.happens', 'nothing.*'];

const headerName: Hint = (random) => random.pick(['Authorization', 'X-Own', 'x-own', 'A-~!#$', 'Accept']);
const headerValue: Hint = (random) => random.pick(['', 'Bearer abc', 'a\tb', '\xe9\xff', 'x'.repeat(4_096)]);

/** Workflows of the demo organisation, as another service would name its own; none of them runs. */
const workflowId: Hint = (random) => random.pick(['order/demo/7', 'order/demo', 'x/demo/y/z', '/demo']);

/** Agents that come with the product, and what some of them do without a model. */
const ASSIGNMENTS = [
  { name: 'AdminAgent', type: 'ADMIN', method: 'health', input: {} },
  { name: 'AdminAgent', type: 'ADMIN', method: 'health', input: {} },
  { name: 'AdminAgent', type: 'ADMIN', method: 'query', input: { sql: 'select 1' } },
  { name: 'MarketAgent', type: 'MARKET', method: 'analyze_market', input: { category: 'books' } },
  { name: 'MarketAgent', type: 'MARKET', method: 'find_listings', input: { category: null, a: [{}] } },
  { name: 'ContentAgent', type: 'CONTENT', method: 'prompt', input: { prompt: 'Hello' } },
  { name: 'nobody', type: 'ASTROLOGY', method: 'no_method', input: {} },
];
const SESSIONS = ['s1', 'session 2', 'Ünïcödé'];

const botToken: Hint = (random) => `${random.between(1, 9)}:AAF-x_${random.between(1, 99)}`;
const chatId: Hint = (random) => random.pick([7, -100123, '@a_channel', '-42']);
const recipients: Hint = (random) =>
  Array.from({ length: random.between(1, 3) }, (_, index) => `agent-${index}@example.com`);
const subject: Hint = (random) => random.pick(['A report', 'Ünïcödé 💥', "O'Brien; --"]);

/** Nobody listens at any of them. */
const taskDelivery: Hint = (random) =>
  random.pick([
    { channel: 'log' },
    { channel: 'webhook', webhook_url: closedUrl(random) },
    { channel: 'telegram', telegram_bot_token: botToken(random), telegram_chat_id: chatId(random) },
    { channel: 'teams', teams_webhook_url: closedUrl(random) },
    { channel: 'email', email_recipients: recipients(random), email_subject: subject(random) },
    { channel: 'redis_stream', response_stream: 'results' },
  ]);
const delivery: Hint = (random) =>
  random.pick([[], taskDelivery(random), [taskDelivery(random), taskDelivery(random)]]);

const executionRequest: Hint = (random) => {
  const { type, method: action, input } = random.pick(ASSIGNMENTS);
  return { type, action, input };
};

const taskRequest: Hint = (random) => {
  const { name, method, input } = random.pick(ASSIGNMENTS);
  const asked = random.next() < 0.7 ? { method_name: method, input } : { prompt: 'What is new?' };
  return {
    ...{ agent_name: name, ...asked },
    ...(random.next() < 0.4 ? { task_id: `task-${random.between(1, 400)}` } : {}),
    ...(random.next() < 0.3 ? { session_id: random.pick(SESSIONS), user_id: 'Ünïcödé' } : {}),
    ...(random.next() < 0.3 ? { priority: random.pick([1, 9, 'HIGH', 'LOW']), timeout_seconds: 20 } : {}),
    ...(random.next() < 0.3 ? { delivery: delivery(random) } : {}),
    ...(random.next() < 0.3 ? { metadata: { '💥': [null, { a: 1 }] } } : {}),
  };
};

const TOPICS = ['news', 'support.billing', 'a-b_c.1'];
const topic: Hint = (random) => random.pick(TOPICS);

/** Without a topic of its own it may be published anywhere. */
const messageRequest: Hint = (random) => ({
  type: random.pick(['question', 'Ünïcödé']),
  payload: random.pick([{}, { content: 'What is new?' }, { '💥': [null, { a: 1 }] }]),
  ...(random.next() < 0.3 ? { id: `message-${random.between(1, 400)}` } : {}),
  ...(random.next() < 0.3 ? { from: 'somebody' } : {}),
  ...(random.next() < 0.3 ? { timestamp: random.between(0, 2_000_000_000) } : {}),
  ...(random.next() < 0.2 ? { replyTo: topic(random) } : {}),
  ...(random.next() < 0.2 ? { ttl: random.pick(['1s', '1h', 'PT5M']) } : {}),
});

/** Nobody listens there. */
const brokerEndpoint: Hint = (random) =>
  random.pick(['amqp://127.0.0.1:1', 'amq://u:p@localhost:2', 'amqps://localhost:3']);
const brokerRequest: Hint = (random) => ({
  name: `broker-${random.between(1, 9_999)}`,
  endpoints: [brokerEndpoint(random)],
  ...(random.next() < 0.3 ? { kind: 'amqp' } : {}),
});

const CRONS = ['0 9 * * 1-5', '*/15 * * * *', '0 0 29 2 *', '30 2 * * SUN', '0 0 1 1 *', '* * * * *'];

/** Far apart, or off: a run is there to fuzz what is asked, not what comes of it. */
const scheduleRequest: Hint = (random) => {
  const { name, method, input } = random.pick(ASSIGNMENTS);
  const asked = random.next() < 0.7 ? { method_name: method, input } : { prompt_template: 'What is new?' };
  const isCron = random.next() < 0.5;
  return {
    ...{ agent_name: name, ...asked, enabled: !isCron && random.next() < 0.5 },
    ...(isCron
      ? { cron_expression: random.pick(CRONS) }
      : { interval_seconds: random.between(86_400, 9_999_999) }),
    ...(random.next() < 0.3 ? { timezone: random.pick(['Europe/Madrid', 'utc', 'Asia/Kathmandu']) } : {}),
    ...(random.next() < 0.3 ? { overlap: random.pick(['buffer_one', 'allow_all']), jitter: '1m' } : {}),
    ...(random.next() < 0.3 ? { catchup_window: random.pick(['10s', 'PT5M']), name: 'Ünïcödé' } : {}),
  };
};

const backfill: Hint = (random) => {
  const to = Date.now() - random.between(1, 48) * HOUR_MS;
  const from = to - random.between(1, 12) * HOUR_MS;
  return { from: new Date(from).toISOString(), to: withOffset(new Date(to).toISOString(), random) };
};

/** What the schemas of the document cannot say. `fields` name theirs; the pool knows what exists. */
export const createHints = (pool: IdPool, agentSecret: string): Record<string, Hint> => ({
  duration,
  every: farDuration,
  Duration: farDuration,
  Instant: farInstant,
  WebUrl: closedUrl,
  workflowId,
  signal: (random) => random.pick(['changed', 'addTimers', 'cancelTimers', 'moveTimers', 'wake', 'unknown']),
  tenantId: (random) => random.pick(['agent-1', 'agent-2', 'Ünïcödé']),
  tenants: (random) => [random.pick(['agent-1', 'agent-2'])],
  types: (random) => [random.pick(random.next() < 0.03 ? EVENT_TYPES : QUIET_TYPES)],
  'headers.name': headerName,
  'headers.value': headerValue,
  'format:base64': base64,
  payloads: (random) => pool.payloads(random) ?? [{ data: base64(random), metadata: {} }],
  wait: (random) => random.pick(['1ms', '40', '0.1s', 'PT0.05S']),
  limit: (random) => random.pick([1, 2, 7, 50, 50, 50, 500]),
  type: (random) => random.pick(EVENT_TYPES),
  ExecutionRequest: executionRequest,
  TaskRequest: taskRequest,
  ScheduleRequest: scheduleRequest,
  MessageRequest: messageRequest,
  PublishRequest: messageRequest,
  topic,
  Topic: topic,
  TopicPattern: (random) => random.pick(['#', 'news', 'support.*', '*.billing', 'a.b.#']),
  BrokerRequest: brokerRequest,
  BrokerEndpoint: brokerEndpoint,
  // Each would be a connection that is tried for ever.
  brokers: () => [],
  handler: (random) => random.pick([null, null, 'chat', { type: 'support' }]),
  HandlerName: () => 'chat',
  // What is started would have to be there.
  image: () => null,
  cpu: (random) => random.pick(['500m', '1', '0.25']),
  memory: (random) => random.pick(['64Mi', '1G', '1073741824']),
  lease: (random) => random.pick(['1ms', '30s', '1h', 60_000]),
  delay: (random) => random.pick(['1ms', '1s', '1h']),
  ScheduleBackfill: backfill,
  Overlap: (random) => random.pick(['skip', 'buffer_all', 'allow_all']),
  method_name: (random) => random.pick(ASSIGNMENTS).method,
  cron_expression: (random) => random.pick(CRONS),
  interval_seconds: (random) => random.between(86_400, 9_999_999),
  timezone: (random) => random.pick(['UTC', 'Europe/Madrid']),
  jitter: (random) => random.pick(['1s', 60_000]),
  catchup_window: (random) => random.pick(['10s', '1d']),
  TaskDelivery: taskDelivery,
  delivery,
  telegram_bot_token: botToken,
  telegram_chat_id: chatId,
  email_recipients: recipients,
  email_subject: subject,
  tool_call_id: (random) => `${pool.pick('tasks', random)}.execute.0`,
  sessionId: (random) => random.pick(SESSIONS),
  session_id: (random) => random.pick(SESSIONS),
  key: (random) => random.pick(['mood', 'a.b:c-d', 'last_order']),
  timeout: (random) => random.pick(['1s', '30s', 60_000, 'PT5M']),
  maxCostUsd: (random) => random.pick([0.01, 5]),
  maxCostUsdPerDay: (random) => random.pick([1, 1_000_000]),
  ToolName: (random) => `tool-${random.between(1, 999_999)}`,
  'toolUse.name': (random) => `tool-${random.between(1, 9)}`,
  'environment.name': (random) => random.pick(['LANG', 'API_KEY', '_a1']),
  'environment.value': (random) => random.pick(['', "it's", '$(id) `x` "', 'Ünïcödé \u{1f600}']),
  secret: () => agentSecret,
  interval: (random) => random.pick(['30s', 60_000, 'PT2M', '1d']),
  overlap: (random) => random.pick(['0.5s', '1h', 1, 'skip', 'allow_all']),
  // A name that is not registered is refused.
  tools: () => [],
  agentId: (random) => pool.pick('agents', random) ?? randomUUID(),
  timerId: (random) => pool.pick('timers', random) ?? randomUUID(),
  since: (random) => random.pick(['2020-01-01T00:00:00Z', new Date().toISOString()]),
});
