import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fingerprintOf } from '../../src/api/idempotency.js';
import { DatabaseError } from '../../src/db/database-error.js';
import { claim } from '../../src/db/idempotency.js';
import {
  type Answer,
  DEMO_KEY,
  openTestContext,
  serveTestApi,
  startTestApi,
  type TestApi,
} from '../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const body = { tenantId: 'agent-1', requestedBy: 'tests', name: 'once', duration: '1h' };
const create = (idempotencyKey: string, given: object = {}, key = DEMO_KEY) =>
  api.send('/timers', { key, headers: { 'idempotency-key': idempotencyKey }, body: { ...body, ...given } });
const idOf = (answer: Answer) => answer.json<{ timer: { id: string } }>().timer.id;

async function timersNamed(name: string): Promise<number> {
  const { timers } = (await api.send(`/timers?name=${name}`, { key: DEMO_KEY })).json<{
    timers: unknown[];
  }>();
  return timers.length;
}

describe('a request with an Idempotency-Key', () => {
  test('gets the first answer again when it is repeated', async () => {
    const first = await create('repeat');
    const second = await create('repeat');
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.text).toBe(first.text);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  test('creates one timer for 8 senders at once', async () => {
    for (let round = 0; round < 10; round++) {
      const name = `crowd-${round}`;
      const answers = await Promise.all(Array.from({ length: 8 }, () => create(name, { name })));
      for (const answer of answers) expect([201, 409]).toContain(answer.status);
      const late = answers.filter(({ status }) => status === 409);
      for (const answer of late) {
        expect(answer.problem().code).toBe('idempotency_in_flight');
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      }
      const ids = answers.filter(({ status }) => status === 201).map(idOf);
      expect(new Set(ids).size).toBe(1);
      expect(await timersNamed(name)).toBe(1);
    }
  });

  test('is refused when the key was sent with another body', async () => {
    expect((await create('reuse')).status).toBe(201);
    const other = await create('reuse', { duration: '2h' });
    expect(other.status).toBe(422);
    expect(other.problem().code).toBe('idempotency_key_reused');
  });

  test('is answered as before although its moment has passed meanwhile', async () => {
    const fireAt = new Date(Date.now() + 400).toISOString();
    const first = await create('soon', { duration: undefined, fireAt });
    expect(first.status).toBe(201);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const second = await create('soon', { duration: undefined, fireAt });
    expect(idOf(second)).toBe(idOf(first));
  });

  test('is free again when it came to nothing', async () => {
    const past = { duration: undefined, fireAt: '2001-01-01T00:00:00Z' };
    expect((await create('nothing', past)).status).toBe(422);
    expect((await create('nothing')).status).toBe(201);
  });

  test('belongs to its organisation', async () => {
    const other = await api.org();
    const mine = await create('shared');
    const theirs = await create('shared', {}, other.key);
    expect(theirs.status).toBe(201);
    expect(idOf(theirs)).not.toBe(idOf(mine));
  });

  test('finishes the same start after a process died in the middle of it', async () => {
    const row = { orgId: 'demo', route: 'post /timers', key: 'crashed' };
    const seed = '7f1b6c3e-2f0a-4b52-9a0e-0d8f3d1c5a77';
    const fingerprint = fingerprintOf('/timers', { ...body, name: 'crashed' }, null);
    const longAgo = new Date(Date.now() - 11_000);
    await claim(api.database.db, { ...row, fingerprint, seed, leaseMs: 10_000, now: longAgo });
    const first = await create('crashed', { name: 'crashed' });
    expect(first.status).toBe(201);
    // As if the answer had not been kept: the next one makes the same id.
    await api.database.db
      .updateTable('idempotency_keys')
      .set({ status: null, leased_until: longAgo })
      .where('key', '=', 'crashed')
      .execute();
    const second = await create('crashed', { name: 'crashed' });
    expect(idOf(second)).toBe(idOf(first));
    expect(await timersNamed('crashed')).toBe(1);
  });

  test.each([
    ['', 400],
    ['with space', 400],
    ['x'.repeat(256), 400],
    ['x'.repeat(255), 201],
  ])('of the form %.20s is a %s', async (idempotencyKey, status) => {
    expect((await create(idempotencyKey)).status).toBe(status);
  });
});

test('a batch that is repeated makes the same timers', async () => {
  const batch = { timers: [{ ...body, name: 'batch-1' }, {}, { ...body, name: 'batch-1' }] };
  const send = () =>
    api.send('/timers/batch', { key: DEMO_KEY, headers: { 'idempotency-key': 'batch' }, body: batch });
  const first = await send();
  expect(first.status).toBe(201);
  expect((await send()).text).toBe(first.text);
  expect(await timersNamed('batch-1')).toBe(2);
});

describe('when the answer of a write is lost', () => {
  let unsteady: TestApi;
  const lost = new Set<string>();
  beforeAll(async () => {
    const context = await openTestContext({});
    const { timers } = context;
    const create: typeof timers.create = async (timer) => {
      const creation = await timers.create(timer);
      if (!lost.delete(timer.name)) return creation;
      throw new DatabaseError('unavailable', 'the connection broke after the commit');
    };
    unsteady = await serveTestApi({ ...context, timers: { ...timers, create } }, {});
  });
  afterAll(async () => {
    await unsteady.close();
  });

  const send = (path: string, sent: object) =>
    unsteady.send(path, { key: DEMO_KEY, headers: { 'idempotency-key': 'lost' }, body: sent });
  const countOf = async (name: string) =>
    (await unsteady.send(`/timers?name=${name}`, { key: DEMO_KEY })).json<{ timers: unknown[] }>().timers
      .length;

  test('a repeat finds the timer that was made, and makes no second one', async () => {
    lost.add('unheard');
    const request = { ...body, name: 'unheard' };
    expect((await send('/timers', request)).status).toBe(503);
    const repeat = await send('/timers', request);
    expect(repeat.status).toBe(201);
    expect(repeat.headers.get('idempotency-replayed')).toBeNull();
    expect(await countOf('unheard')).toBe(1);
    expect((await send('/timers', request)).text).toBe(repeat.text);
  });

  test('a repeat finds it also when its moment has passed meanwhile', async () => {
    const fireAt = new Date(Date.now() + 400).toISOString();
    lost.add('passed');
    const request = { ...body, duration: undefined, fireAt, name: 'passed' };
    const repeatable = (sent: object) =>
      unsteady.send('/timers', { key: DEMO_KEY, headers: { 'idempotency-key': 'passed' }, body: sent });
    expect((await repeatable(request)).status).toBe(503);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await repeatable(request)).status).toBe(201);
    expect(await countOf('passed')).toBe(1);
  });

  test('a batch that was half done is finished by a repeat, and then kept', async () => {
    lost.add('half');
    const batch = { timers: [{ ...body, name: 'whole' }, { ...body, name: 'half' }, {}] };
    const first = (await send('/timers/batch', batch)).json<{ timers: { error?: { code: string } }[] }>();
    expect(first.timers.map(({ error }) => error?.code)).toEqual([undefined, 'unavailable', 'invalid']);
    const second = await send('/timers/batch', batch);
    const { timers } = second.json<{ timers: { error?: { code: string } }[] }>();
    expect(timers.map(({ error }) => error?.code)).toEqual([undefined, undefined, 'invalid']);
    expect(timers[0]).toEqual(first.timers[0]);
    expect([await countOf('whole'), await countOf('half')]).toEqual([1, 1]);
    const third = await send('/timers/batch', batch);
    expect([third.text, third.headers.get('idempotency-replayed')]).toEqual([second.text, 'true']);
  });
});
