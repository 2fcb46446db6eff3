import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { DEMO_KEY, startTestApi, type TestApi } from '../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const key = DEMO_KEY;
const HOUR = 3_600_000;

/** A body that is right but for what a test changes in it. */
const aTimer = (given: object = {}) => ({
  tenantId: 'agent-1',
  requestedBy: 'tests',
  name: 'a timer',
  duration: '1h',
  ...given,
});
const withAction = (action: object) => aTimer({ actionBundle: { actions: [action] } });
const aWebhook = (given: object) =>
  withAction({ type: 'webhook', url: 'https://agents.example.com/hook', ...given });
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const fields = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, 0]));
const raw = (timer: object, name: string, json: string) =>
  JSON.stringify({ ...timer, [name]: 0 }).replace('0', json);

async function countTimers(): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from timers`.execute(
    api.database.db,
  );
  return rows[0]?.count ?? 0;
}

/** What is sent · the status · the code · the field that is named. */
const MISTAKES: [what: string, body: unknown, status: number, field?: string][] = [
  ['an empty body', '', 400],
  ['half an object', '{"tenantId":', 400],
  ['two objects', '{}{}', 400],
  ['a comment', '{} // more', 400],
  ['not a number', '{"duration": NaN}', 400],
  ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400],
  ['UTF-16', Buffer.from('{"name":"x"}', 'utf16le'), 400],
  ['a text', '"timer"', 422],
  ['a list', '[]', 422],
  ['null', 'null', 422],
  ['nothing that is needed', {}, 422, 'tenantId'],
  ['an unknown field', aTimer({ colour: 'red' }), 422, 'colour'],
  ['an unknown field of an action', aWebhook({ urll: 'x' }), 422, 'actionBundle.actions.0.urll'],
  ['null where a value is needed', aTimer({ name: null }), 422, 'name'],
  ['an empty name', aTimer({ name: '  ' }), 422, 'name'],
  ['a name of 201 characters', aTimer({ name: 'x'.repeat(201) }), 422, 'name'],
  ['a name that is a number', aTimer({ name: 5 }), 422, 'name'],
  ['no duration', aTimer({ duration: undefined }), 422, 'duration'],
  ['a duration and a moment', aTimer({ fireAt: new Date(Date.now() + HOUR).toISOString() }), 422, 'duration'],
  ['a duration of zero', aTimer({ duration: '0s' }), 422, 'duration'],
  ['a negative duration', aTimer({ duration: -5 }), 422, 'duration'],
  ['a negative duration as text', aTimer({ duration: '-5m' }), 422, 'duration'],
  ['a fraction of a millisecond', aTimer({ duration: 0.5 }), 422, 'duration'],
  ['a duration with something behind it', aTimer({ duration: '5m garbage' }), 422, 'duration'],
  ['months, whose length nobody knows', aTimer({ duration: 'P1M' }), 422, 'duration'],
  ['more than 5 years', aTimer({ duration: '1826d' }), 422, 'duration'],
  ['an absurd duration', aTimer({ duration: '99999999999d' }), 422, 'duration'],
  ['a huge number', raw(aTimer(), 'duration', '1e999'), 422, 'duration'],
  ['a duration that is true', aTimer({ duration: true }), 422, 'duration'],
  ['a moment in the past', aTimer({ duration: undefined, fireAt: '2001-01-01T00:00:00Z' }), 422, 'fireAt'],
  [
    'a moment without its offset',
    aTimer({ duration: undefined, fireAt: '2031-01-01T00:00:00' }),
    422,
    'fireAt',
  ],
  [
    'a day that does not exist',
    aTimer({ duration: undefined, fireAt: '2031-02-30T00:00:00Z' }),
    422,
    'fireAt',
  ],
  ['a moment beyond 5 years', aTimer({ duration: undefined, fireAt: '9999-01-01T00:00:00Z' }), 422, 'fireAt'],
  ['an action of an unknown type', withAction({ type: 'shell' }), 422, 'actionBundle.actions.0.type'],
  ['a webhook without its URL', withAction({ type: 'webhook' }), 422, 'actionBundle.actions.0.url'],
  ['a URL of another scheme', aWebhook({ url: 'file:///etc/passwd' }), 422, 'actionBundle.actions.0.url'],
  ['a URL that is none', aWebhook({ url: 'not a url' }), 422, 'actionBundle.actions.0.url'],
  [
    'a URL that leads inwards',
    aWebhook({ url: 'http://169.254.169.254/' }),
    422,
    'actionBundle.actions.0.url',
  ],
  [
    'a header that breaks the line',
    aWebhook({ headers: { a: 'x\r\ny: z' } }),
    422,
    'actionBundle.actions.0.headers.a',
  ],
  [
    '21 actions',
    aTimer({ actionBundle: { actions: Array(21).fill({ type: 'log' }) } }),
    422,
    'actionBundle.actions',
  ],
  ['a field named __proto__', '{"__proto__":{"admin":true}}', 422, '__proto__'],
  [
    'constructor in free-form data',
    aTimer({ metadata: { a: [{ constructor: 1 }] } }),
    422,
    'metadata.a.0.constructor',
  ],
  ['prototype as a label', aTimer({ labels: { prototype: 'x' } }), 422, 'labels.prototype'],
  ['a NUL character', aTimer({ metadata: { a: 'x\0y' } }), 422, 'metadata.a'],
  ['a NUL in a name', aTimer({ metadata: { 'x\0y': 1 } }), 422],
  ['half a surrogate pair', raw(aTimer(), 'metadata', '{"a":"\\ud800"}'), 422, 'metadata.a'],
  ['a nesting of 40', raw(aTimer(), 'metadata', nested(40)), 422],
  ['a nesting of 100,000', nested(100_000), 422],
  ['lists in lists in lists', '['.repeat(100_000) + ']'.repeat(100_000), 422],
  ['a list of 200,000 items', raw(aTimer(), 'metadata', `{"a":[${'1,'.repeat(200_000)}1]}`), 413],
  ['30,000 fields', { ...aTimer(), metadata: fields(30_000) }, 413],
  ['metadata over 16 KB', aTimer({ metadata: { a: 'x'.repeat(17_000) } }), 413, 'metadata'],
  ['data over 64 KB', aWebhook({ data: { a: 'x'.repeat(66_000) } }), 413, 'actionBundle.actions.0.data'],
  ['a body over 1 MB', aTimer({ metadata: { a: 'x'.repeat(1_100_000) } }), 413],
];

describe('a body that is wrong', () => {
  const mistakes = MISTAKES.map(([what, body, status, field]) => ({ what, body, status, field }));
  test.each(mistakes)('$what is refused', async ({ body, status, field }) => {
    const answer = await api.send('/timers', { method: 'POST', key, body });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    const problem = answer.problem();
    expect(problem).toMatchObject({ status, instance: '/timers' });
    if (field !== undefined) expect(problem.errors?.map(({ path }) => path)).toContain(field);
  });

  test('leaves no trace', async () => {
    expect(await countTimers()).toBe(0);
  });

  test('each wrong field is named at once, in words', async () => {
    const { errors } = (
      await api.send('/timers', { key, body: { tenantId: 5, duration: 'soon', x: 1 } })
    ).problem();
    expect(errors).toEqual([
      { path: 'tenantId', message: 'must be string, not number' },
      { path: 'requestedBy', message: 'is required' },
      { path: 'name', message: 'is required' },
      { path: 'duration', message: expect.stringContaining('is not a duration') },
      { path: 'x', message: 'is not a known field' },
    ]);
  });

  test('a message never repeats the body', async () => {
    const answer = await api.send('/timers', { key, body: '{"password":"hunter2",' });
    expect(answer.text).not.toContain('hunter2');
  });

  test('null for an optional field means absent, and stays what it is in free-form objects', async () => {
    const body = {
      ...aTimer(),
      labels: null,
      repeat: null,
      metadata: { a: null, b: [null], c: { d: null } },
    };
    const answer = await api.send('/timers', { key, body });
    expect(answer.status).toBe(201);
    const { timer } = answer.json<{ timer: Record<string, unknown> }>();
    expect(timer).toMatchObject({ metadata: body.metadata, labels: {} });
    expect(timer).not.toHaveProperty('repeat');
  });
});

describe('a body of another kind', () => {
  test.each([
    ['application/x-www-form-urlencoded', 'a=b'],
    ['text/plain', '{}'],
    ['application/json; charset=iso-8859-1', '{}'],
    ['multipart/form-data; boundary=x', '--x--'],
    ['', '{}'],
  ])('%s is a 415', async (type, body) => {
    const answer = await api.send('/timers', {
      method: 'POST',
      key,
      headers: { 'content-type': type },
      body,
    });
    expect(answer.status).toBe(415);
    expect(answer.problem().code).toBe('unsupported_media_type');
  });

  test('a compressed one is a 415', async () => {
    const answer = await api.send('/timers', {
      key,
      headers: { 'content-encoding': 'gzip' },
      body: aTimer(),
    });
    expect(answer.status).toBe(415);
  });

  test.each(['application/json; charset=UTF-8', 'application/vnd.api+json', 'Application/JSON'])(
    '%s is JSON',
    async (type) => {
      const answer = await api.send('/timers', { key, headers: { 'content-type': type }, body: aTimer() });
      expect(answer.status).toBe(201);
    },
  );
});

describe('a query that is wrong', () => {
  test.each([
    ['/deliveries?limit=0', 'limit'],
    ['/deliveries?limit=501', 'limit'],
    ['/deliveries?limit=ten', 'limit'],
    ['/deliveries?status=lost', 'status'],
    ['/deliveries?limit=1&limit=2', 'limit'],
    ['/deliveries?colour=red', 'colour'],
    ['/deliveries?__proto__=1', '__proto__'],
    ['/deliveries?timerId=%00', 'timerId'],
    ['/deliveries?cursor=nonsense', 'cursor'],
    ['/events?cursor=1', 'cursor'],
    ['/timers?fireBefore=yesterday', 'fireBefore'],
    ['/timers/x?wait=61s', 'wait'],
    ['/timers/x?wait=-1', 'wait'],
  ])('%s is a 422 that names %s', async (path, field) => {
    const answer = await api.send(path, { key });
    expect(answer.status).toBe(422);
    expect(answer.problem().errors?.map((error) => error.path)).toEqual([field]);
  });

  test.each(['/deliveries?', '/deliveries?limit=%zz', '/deliveries?%', `/deliveries?${'a=1&'.repeat(200)}`])(
    '%s is never a failure of ours',
    async (path) => {
      expect((await api.send(path, { key })).status).toBeLessThan(500);
    },
  );
});
