import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '../../src/api/wait.js';
import { notify } from '../../src/db/notify.js';
import { DEMO_KEY, startTestApi, type TestApi } from '../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

interface Thing {
  ended: boolean;
  reads: number;
}

const waitFor = (thing: Thing, millis: number, signal = new AbortController().signal) =>
  waitUntil({
    database: api.database,
    channel: 'ended',
    isOurs: (payload) => payload === 'org/thing',
    read: async () => {
      thing.reads++;
      return { ...thing };
    },
    hasEnded: ({ ended }) => ended,
    millis,
    signal,
  });

const tell = (payload: string) => notify(api.database.db, 'ended', payload);

async function timed<T>(work: Promise<T>): Promise<[T, number]> {
  const startedAt = performance.now();
  return [await work, performance.now() - startedAt];
}

describe('a wait', () => {
  test('does not wait for what has ended', async () => {
    const [value, millis] = await timed(waitFor({ ended: true, reads: 0 }, 5_000));
    expect(value.reads).toBe(1);
    expect(millis).toBeLessThan(500);
  });

  test('ends with the notice of the end, whichever process sent it', async () => {
    const thing = { ended: false, reads: 0 };
    const waiting = timed(waitFor(thing, 10_000));
    setTimeout(() => {
      thing.ended = true;
      void tell('org/thing');
    }, 100);
    const [value, millis] = await waiting;
    expect(value.ended).toBe(true);
    expect(millis).toBeLessThan(2_000);
  });

  test('reads once more when its time is over, and answers what is', async () => {
    const thing = { ended: false, reads: 0 };
    const [value, millis] = await timed(waitFor(thing, 200));
    expect(value).toEqual({ ended: false, reads: 2 });
    expect(millis).toBeGreaterThanOrEqual(195);
  });

  test('is not woken by what concerns others', async () => {
    const thing = { ended: false, reads: 0 };
    const waiting = waitFor(thing, 300);
    await tell('org/other');
    expect((await waiting).reads).toBe(2);
  });

  test('misses nothing that happens while it reads', async () => {
    let reads = 0;
    const value = await waitUntil({
      database: api.database,
      channel: 'ended',
      isOurs: () => true,
      read: async () => {
        reads++;
        const seen = reads;
        // It ends after this read looked, and the notice comes before the read is back.
        if (seen === 1) await tell('org/thing');
        await new Promise((resolve) => setTimeout(resolve, 50));
        return seen;
      },
      hasEnded: (seen) => seen > 1,
      millis: 10_000,
      signal: new AbortController().signal,
    });
    expect(value).toBe(2);
  });

  test('ends when the caller goes away', async () => {
    const caller = new AbortController();
    const waiting = timed(waitFor({ ended: false, reads: 0 }, 10_000, caller.signal));
    setTimeout(() => caller.abort(), 50);
    expect((await waiting)[1]).toBeLessThan(1_000);
  });

  test('is over the API what it is here', async () => {
    const body = { tenantId: 'a', requestedBy: 'a', name: 'waited for', duration: '1h' };
    const made = await api.send('/timers', { key: DEMO_KEY, body });
    const { timer } = made.json<{ timer: { id: string } }>();
    const waiting = timed(api.send(`/timers/${timer.id}?wait=10s`, { key: DEMO_KEY }));
    setTimeout(() => void api.send(`/timers/${timer.id}/cancel`, { method: 'POST', key: DEMO_KEY }), 200);
    const [answer, millis] = await waiting;
    expect(answer.json<{ timer: { status: string } }>().timer.status).toBe('cancelled');
    expect(millis).toBeLessThan(3_000);
    const [again, short] = await timed(api.send(`/timers/${timer.id}?wait=250`, { key: DEMO_KEY }));
    expect(again.status).toBe(200);
    expect(short).toBeLessThan(1_000);
  });
});

test('stopping ends long polls with what is, and readiness goes first', async () => {
  const own = await startTestApi({ database: api.database });
  const body = { tenantId: 'a', requestedBy: 'a', name: 'long', duration: '1h' };
  const made = await own.send('/timers', { key: DEMO_KEY, body });
  const { timer } = made.json<{ timer: { id: string } }>();
  const polling = own.send(`/timers/${timer.id}?wait=60s`, { key: DEMO_KEY });
  await new Promise((resolve) => setTimeout(resolve, 200));
  own.api.beginShutdown();
  expect((await own.send('/readyz')).status).toBe(503);
  expect((await own.send('/livez')).status).toBe(200);
  const [, millis] = await timed(own.close());
  expect(millis).toBeLessThan(3_000);
  expect((await polling).json<{ timer: { status: string } }>().timer.status).toBe('scheduled');
});
