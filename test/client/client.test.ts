import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MainspringClient, type MainspringError, type NewTimer } from '../../src/client/index.js';

interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: unknown;
}
type Answer = (response: ServerResponse, received: Received) => void;

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
const problem = (status: number, code: string, more: object = {}) => ({
  type: `https://mainspring.example/problems/${code}`,
  title: code,
  status,
  detail: `because of ${code}`,
  instance: '/timers',
  code,
  ...more,
});
const hangUp: Answer = (response) => {
  response.destroy();
};
const created = json(201, { timer: { id: 't1', fireAt: '2030-01-01T00:00:00.000Z' } });

const aTimer = (more: Partial<NewTimer> = {}): NewTimer => ({
  tenantId: 'worker-1',
  requestedBy: 'test',
  name: 'a timer',
  duration: '15m',
  ...more,
});

let received: Received[];
let answers: Answer[];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const text = Buffer.concat(chunks).toString();
    const { method = '', url = '', headers } = request;
    const call = { method, url, headers, body: text === '' ? undefined : JSON.parse(text) };
    received.push(call);
    (answers.shift() ?? json(500, problem(500, 'internal')))(response, call);
  });
});
const client = (options: ConstructorParameters<typeof MainspringClient>[0] = {}) =>
  new MainspringClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    apiKey: 'mnt_test',
    ...options,
  });
const failureOf = async (promise: Promise<unknown>): Promise<MainspringError> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  );

beforeEach(async () => {
  received = [];
  answers = [];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});

describe('a create', () => {
  test('carries the key, a JSON body and an idempotency key', async () => {
    answers = [created];
    const timer = await client().timers.create(aTimer());
    expect(timer.id).toBe('t1');
    expect(received[0]).toMatchObject({ method: 'POST', url: '/timers', body: aTimer() });
    expect(received[0]?.headers).toMatchObject({
      'x-api-key': 'mnt_test',
      'content-type': 'application/json',
      'idempotency-key': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test('is sent again under the same idempotency key when the answer is lost', async () => {
    answers = [hangUp, json(503, problem(503, 'unavailable')), created];
    await client().timers.create(aTimer());
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  test('is sent again while the first attempt is still at work', async () => {
    answers = [json(409, problem(409, 'idempotency_in_flight')), created];
    await client().timers.create(aTimer());
    expect(received).toHaveLength(2);
  });

  test('takes a Date for the due moment', async () => {
    answers = [created];
    const { duration: _, ...rest } = aTimer();
    await client().timers.create({ ...rest, fireAt: new Date('2030-01-01T00:00:00Z') });
    expect(received[0]?.body).toMatchObject({ fireAt: '2030-01-01T00:00:00.000Z' });
  });

  test('that breaks the rules fails at once, naming the fields', async () => {
    const errors = [{ path: 'duration', message: 'must be longer than zero' }];
    answers = [json(422, problem(422, 'invalid', { errors }), { 'x-request-id': 'r-1' })];
    const failure = await failureOf(client().timers.create(aTimer({ duration: 0 })));
    expect(failure).toMatchObject({
      name: 'MainspringError',
      status: 422,
      code: 'invalid',
      errors,
      requestId: 'r-1',
    });
    expect(failure.message).toBe('invalid: because of invalid');
    expect(received).toHaveLength(1);
  });
});

describe('many timers', () => {
  test('go 1,000 a request and come back in order', async () => {
    const echo: Answer = (response, { body }) => {
      const { timers } = body as { timers: { name: string }[] };
      json(201, { timers: timers.map(({ name }) => ({ id: name, fireAt: '' })) })(
        response,
        received[0] as Received,
      );
    };
    answers = [echo, echo, echo];
    const names = Array.from({ length: 2_001 }, (_, index) => `timer ${index}`);
    const made = await client().timers.createMany(names.map((name) => aTimer({ name })));
    expect(made.map((one) => 'id' in one && one.id)).toEqual(names);
    expect(received.map(({ body }) => (body as { timers: unknown[] }).timers.length)).toEqual([
      1_000, 1_000, 1,
    ]);
    expect(new Set(received.map(({ headers }) => headers['idempotency-key'])).size).toBe(3);
  });
});

describe('a repeat', () => {
  test('waits as long as Retry-After asks for', async () => {
    answers = [json(429, problem(429, 'rate_limited'), { 'retry-after': '1' }), created];
    const startedAt = Date.now();
    await client().timers.create(aTimer());
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(990);
  });

  test('never waits longer than a minute: the error says how long it would be', async () => {
    answers = [json(429, problem(429, 'rate_limited'), { 'retry-after': '3600' })];
    const failure = await failureOf(client().timers.create(aTimer()));
    expect(failure).toMatchObject({ code: 'rate_limited', retryAfterMs: 3_600_000 });
    expect(received).toHaveLength(1);
  });

  test('is bounded', async () => {
    answers = [hangUp, hangUp, hangUp];
    const failure = await failureOf(client({ retries: 1 }).timers.get('t1'));
    expect(failure).toMatchObject({ code: 'unreachable', status: 0 });
    expect(received).toHaveLength(2);
  });

  test('is not made of what would do a second thing, when no answer came', async () => {
    answers = [hangUp];
    expect(await failureOf(client().timers.fire('t1'))).toMatchObject({ code: 'unreachable' });
    expect(received).toHaveLength(1);
  });

  test('is given up when the caller aborts', async () => {
    answers = [json(429, problem(429, 'rate_limited'), { 'retry-after': '30' })];
    const reason = new Error('no longer needed');
    const abort = new AbortController();
    setTimeout(() => abort.abort(reason), 50);
    expect(await failureOf(client().timers.get('t1', { signal: abort.signal }))).toBe(reason);
  });
});

describe('a list', () => {
  test('reads page after page until the end', async () => {
    answers = [
      json(200, { timers: [{ id: 'a' }, { id: 'b' }], nextCursor: 'next' }),
      json(200, { timers: [{ id: 'c' }], nextCursor: null }),
    ];
    const ids = [];
    const filter = { status: 'scheduled', limit: 2, fireBefore: new Date('2030-01-01T00:00:00Z') } as const;
    for await (const { id } of client().timers.list(filter)) ids.push(id);
    expect(ids).toEqual(['a', 'b', 'c']);
    expect(received[0]?.url).toBe('/timers?status=scheduled&limit=2&fireBefore=2030-01-01T00%3A00%3A00.000Z');
    expect(received[1]?.url).toContain('cursor=next');
  });

  test('asks for no page that nobody reads', async () => {
    answers = [json(200, { events: [{ id: '1' }], nextCursor: 'next' })];
    for await (const page of client().events.list({ type: 'timer.*' }).pages()) {
      expect(page).toEqual([{ id: '1' }]);
      break;
    }
    expect(received.map(({ url }) => url)).toEqual(['/events?type=timer.*']);
  });
});

test('each method calls its route', async () => {
  const { timers, deliveries } = client();
  const timer = json(200, { timer: { id: 'a/b' } });
  answers = [
    timer,
    timer,
    timer,
    timer,
    timer,
    json(200, {}),
    json(200, { delivery: {} }),
    json(200, { delivery: {} }),
  ];
  await timers.get('a/b', { wait: '30s' });
  await timers.cancel('a/b', { reason: 'done' });
  await timers.reschedule('a/b', { duration: '5m' });
  await timers.reset('a/b');
  await timers.fire('a/b');
  await timers.metrics({ period: '24h' });
  await deliveries.get('a.1.0');
  await deliveries.redeliver('a.1.0');
  expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /timers/a%2Fb?wait=30s',
    'POST /timers/a%2Fb/cancel',
    'POST /timers/a%2Fb/reschedule',
    'POST /timers/a%2Fb/reset',
    'POST /timers/a%2Fb/fire',
    'GET /timers/metrics?period=24h',
    'GET /deliveries/a.1.0',
    'POST /deliveries/a.1.0/redeliver',
  ]);
  expect(received[1]?.body).toEqual({ reason: 'done' });
});

test('a redirect is never followed: it would carry the key away', async () => {
  answers = [json(307, {}, { location: '/timers/other' })];
  expect(await failureOf(client({ retries: 0 }).timers.get('t1'))).toMatchObject({ code: 'unreachable' });
  expect(received).toHaveLength(1);
});

test("a page that is not the API's is an unexpected answer, not a parse error", async () => {
  answers = [
    (response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>'),
  ];
  const failure = await failureOf(client().timers.get('t1'));
  expect(failure).toMatchObject({ code: 'unexpected', status: 502 });
});

test('an attempt that takes too long counts as unreachable', async () => {
  answers = [() => undefined];
  const failure = await failureOf(client({ timeoutMs: 100, retries: 0 }).timers.get('t1'));
  expect(failure).toMatchObject({ code: 'unreachable' });
});

test('a page in place of an answer is not taken for a lost connection', async () => {
  answers = [(response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>')];
  expect(await failureOf(client().timers.get('t1'))).toMatchObject({ code: 'unexpected' });
  expect(received).toHaveLength(1);
});
