import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { appendEvents, type NewEvent } from '../../src/db/events.js';
import type { Event } from '../../src/schemas/event.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { openStream } from '../support/event-stream.js';

let api: TestApi;
let org: CreatedOrg;
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
});
afterAll(() => api.close());

const append = (subject: string, given: Partial<NewEvent> = {}) =>
  appendEvents(api.database.db, [
    { orgId: org.orgId, type: 'timer.fired', subject, data: { n: 1 }, ...given },
  ]);

interface Page {
  events: Event[];
  nextCursor: string | null;
}
const list = async (query = '') => (await api.send(`/events${query}`, { key: org.key })).json<Page>();

const open = (headers: Record<string, string> = {}, query = '', from = api) =>
  openStream<Event>(`${from.url}/events${query}`, { 'x-api-key': org.key, ...headers });

describe('GET /events', () => {
  test('pages through everything once, the oldest first', async () => {
    for (const subject of ['a', 'b', 'c']) await append(subject);
    const first = await list('?limit=2');
    expect(first.events.map(({ subject }) => subject)).toEqual(['a', 'b']);
    const second = await list(`?limit=2&cursor=${first.nextCursor}`);
    expect(second.events.map(({ subject }) => subject)).toEqual(['c']);
    expect(second.nextCursor).toBeNull();
  });

  test('filters by type, prefix and subject', async () => {
    await append('d', { type: 'delivery.dead' });
    expect((await list('?type=delivery.*')).events.map(({ subject }) => subject)).toEqual(['d']);
    expect((await list('?type=delivery.dead')).events).toHaveLength(1);
    expect((await list('?subject=b')).events).toHaveLength(1);
  });
});

describe('GET /events?order=desc', () => {
  test('pages through everything once, the newest first', async () => {
    const all = (await list('?limit=500')).events.map(({ id }) => id);
    const first = await list('?order=desc&limit=2');
    const second = await list(`?order=desc&limit=500&cursor=${first.nextCursor}`);
    expect([...first.events, ...second.events].map(({ id }) => id)).toEqual(all.toReversed());
  });

  test('is refused for a stream', async () => {
    const { status } = await api.send('/events?order=desc', {
      key: org.key,
      headers: { accept: 'text/event-stream' },
    });
    expect(status).toBe(422);
  });
});

describe('the stream of events', () => {
  test('tells each as it happens, under the id with which the page knows it', async () => {
    const stream = await open();
    expect(stream.response.status).toBe(200);
    expect(stream.response.headers.get('content-type')).toContain('text/event-stream');
    const heard = stream.next();
    await append('live');
    const { id, event, data } = (await heard) ?? {};
    expect({ event, subject: data?.subject }).toEqual({ event: 'timer.fired', subject: 'live' });
    expect((await list('?subject=live')).events[0]?.id).toBe(id);
    stream.leave();
  });

  test('goes on after the last event that was seen', async () => {
    const { events } = await list();
    const stream = await open({ 'last-event-id': events[0]?.id ?? '' });
    for (const event of events.slice(1)) expect((await stream.next())?.id).toBe(event.id);
    stream.leave();
  });

  test('leaves nothing out and tells nothing twice across reconnects and a restart', async () => {
    const first = await startTestApi({ database: api.database });
    const heard: string[] = [];
    let lastId = (await list('?limit=500')).events.at(-1)?.id ?? '';
    const hear = async (stream: Awaited<ReturnType<typeof open>>, count: number) => {
      for (let one = 0; one < count; one++) {
        const { id, data } = (await stream.next()) ?? {};
        heard.push(data?.subject ?? 'nothing');
        lastId = id ?? lastId;
      }
    };
    const before = await open({ 'last-event-id': lastId }, '', first);
    const writing = (async () => {
      for (let n = 0; n < 60; n++) await append(`step ${n}`);
    })();
    await hear(before, 10);
    before.leave();
    const again = await open({ 'last-event-id': lastId }, '', first);
    await hear(again, 10);
    await first.close();
    const second = await startTestApi({ database: api.database });
    await writing;
    const after = await open({ 'last-event-id': lastId }, '', second);
    await hear(after, 40);
    after.leave();
    await second.close();
    expect(heard).toEqual(Array.from({ length: 60 }, (_, n) => `step ${n}`));
  });

  test('tells each of two hundred listeners everything, once', async () => {
    const listeners = await Promise.all(Array.from({ length: 200 }, () => open()));
    const subjects = Array.from({ length: 20 }, (_, n) => `told ${n}`);
    for (const subject of subjects) await append(subject);
    for (const listener of listeners) {
      const heard = [];
      for (const _ of subjects) heard.push((await listener.next())?.data?.subject);
      expect(heard).toEqual(subjects);
      listener.leave();
    }
  });

  test('tells one organisation nothing of another', async () => {
    const other = await api.org();
    const stream = await open();
    await append('theirs', { orgId: other.orgId });
    await append('ours');
    expect((await stream.next())?.data?.subject).toBe('ours');
    stream.leave();
  });

  test('refuses an id that no event has', async () => {
    const { response } = await open({ 'last-event-id': 'nonsense' });
    expect(response.status).toBe(422);
  });

  test('ends when the process stops', async () => {
    const own = await startTestApi({ database: api.database });
    const stream = await open({}, '', own);
    const ended = stream.next();
    const startedAt = performance.now();
    await own.close();
    expect(await ended).toBeNull();
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});
