import { beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { appendEvents, latestCursor, type NewEvent, parseCursor, readEvents } from '../../src/db/events.js';
import { followEvents } from '../../src/db/follow-events.js';
import { migrate } from '../../src/db/migrate.js';
import { ensureOrg } from '../../src/db/orgs.js';
import { createSubscription, deleteSubscription, listSubscriptions } from '../../src/db/subscriptions.js';
import { describeEachDatabase } from '../support/databases.js';
import { until } from '../support/until.js';

const AT = new Date('2030-01-31T09:00:00.120Z');
const event = (orgId: string, subject: string, changes: Partial<NewEvent> = {}): NewEvent => ({
  orgId,
  type: 'timer.fired',
  subject,
  data: { timerId: subject },
  at: AT,
  ...changes,
});
const subjects = (events: { subject: string }[]) => events.map(({ subject }) => subject);

test.each(['', '1', '1-', 'a-1', '1-1-1', '-1-1', '99999999999999999999-1', "1-1' or 1=1"])(
  '%j is no cursor',
  (text) => expect(parseCursor(text)).toBeNull(),
);

describeEachDatabase('the ledger of events', (database) => {
  test('reads page by page, in order, each organisation its own', async () => {
    const { db } = database();
    await appendEvents(db, [event('pages', 'a'), event('elsewhere', 'x'), event('pages', 'b')]);
    await appendEvents(db, [event('pages', 'c')]);
    const first = await readEvents(db, { orgId: 'pages', limit: 2 });
    expect(first).toEqual([
      {
        id: expect.stringMatching(/^\d+-\d+$/),
        type: 'timer.fired',
        subject: 'a',
        data: { timerId: 'a' },
        at: AT.toISOString(),
      },
      expect.objectContaining({ subject: 'b' }),
    ]);
    const second = await readEvents(db, { orgId: 'pages', cursor: first[1]?.id, limit: 2 });
    expect(subjects(second)).toEqual(['c']);
    await expect(readEvents(db, { orgId: 'pages', cursor: second[0]?.id, limit: 2 })).resolves.toEqual([]);
    await expect(readEvents(db, { orgId: 'pages', cursor: 'x', limit: 2 })).rejects.toThrow(RangeError);
  });

  test('reads backwards page by page, the newest first', async () => {
    const { db } = database();
    const orgId = 'backwards';
    await appendEvents(db, [event(orgId, 'a'), event('elsewhere', 'x'), event(orgId, 'b')]);
    await appendEvents(db, [event(orgId, 'c')]);
    const read = (cursor?: string) => readEvents(db, { orgId, order: 'desc', limit: 2, cursor });
    const first = await read();
    expect(subjects(first)).toEqual(['c', 'b']);
    expect(subjects(await read(first[1]?.id))).toEqual(['a']);
    // Of a cluster that was ahead of this one: before it comes all that there is.
    expect(subjects(await read('9999999999-9999999999'))).toEqual(['c', 'b']);
  });

  test('goes on after a dump was restored into another cluster, for old cursors too', async () => {
    const { db } = database();
    const orgId = 'restored';
    await ensureOrg(db, { id: orgId, name: orgId, tier: 'pro', webhookSecret: 'sealed' });
    await appendEvents(db, [event(orgId, 'a')]);
    await appendEvents(db, [event(orgId, 'b'), event(orgId, 'c')]);
    // As rows are that another cluster wrote, which was busier.
    await sql`update events set tx = (tx::text::bigint + 1000000000)::text::xid8 where org_id = ${orgId}`.execute(
      db,
    );
    const { rows } = await sql<{ cursor: string }>`
      select tx || '-' || id as cursor from events where org_id = ${orgId} order by id`.execute(db);
    const [a, , c] = rows.map(({ cursor }) => cursor);
    await migrate(db);
    await appendEvents(db, [event(orgId, 'd')]);
    const after = async (cursor?: string) => subjects(await readEvents(db, { orgId, limit: 10, cursor }));
    await expect(after()).resolves.toEqual(['a', 'b', 'c', 'd']);
    await expect(after(a)).resolves.toEqual(['b', 'c', 'd']);
    await expect(after(c)).resolves.toEqual(['d']);
    // Its event is deleted: what is kept comes once more rather than never.
    await expect(after('1000000000000-999999999')).resolves.toEqual(['a', 'b', 'c', 'd']);
    await migrate(db);
    await expect(after(c)).resolves.toEqual(['d']);
  });

  test('filters by type, prefix and subject', async () => {
    const { db } = database();
    await appendEvents(db, [
      event('filters', 'a'),
      event('filters', 'a', { type: 'timer.created' }),
      event('filters', 'b', { type: 'delivery.dead' }),
    ]);
    const count = async (filter: { type?: string; subject?: string }) =>
      (await readEvents(db, { orgId: 'filters', limit: 10, ...filter })).length;
    await expect(count({ type: 'timer.*' })).resolves.toBe(2);
    await expect(count({ type: 'timer.fired' })).resolves.toBe(1);
    await expect(count({ type: '*' })).resolves.toBe(3);
    await expect(count({ subject: 'a', type: 'timer.created' })).resolves.toBe(1);
    await expect(count({ type: 'timer.%' })).resolves.toBe(0);
  });

  test('after the latest cursor comes only what is appended later', async () => {
    const { db } = database();
    await appendEvents(db, [event('latest', 'before')]);
    const cursor = await latestCursor(db);
    await expect(readEvents(db, { orgId: 'latest', cursor, limit: 10 })).resolves.toEqual([]);
    await appendEvents(db, [event('latest', 'after')]);
    expect(subjects(await readEvents(db, { orgId: 'latest', cursor, limit: 10 }))).toEqual(['after']);
  });

  test('what a transaction that still runs has appended hides what came after it, so that nothing is skipped', async () => {
    const { db, kind } = database();
    // The embedded database has one connection: its transactions cannot overlap.
    if (kind === 'embedded') return;
    const seen: string[][] = [];
    await db.transaction().execute(async (slow) => {
      await appendEvents(slow, [event('overlap', 'slow')]);
      await appendEvents(db, [event('overlap', 'fast')]);
      seen.push(subjects(await readEvents(db, { orgId: 'overlap', limit: 10 })));
    });
    seen.push(subjects(await readEvents(db, { orgId: 'overlap', limit: 10 })));
    expect(seen).toEqual([[], ['slow', 'fast']]);
  });

  test('followed, it gives what stands and then what comes, until it is aborted', async () => {
    const ending = new AbortController();
    const { db } = database();
    await appendEvents(db, [event('followed', 'a'), event('followed', 'b')]);
    const read: string[] = [];
    const following = (async () => {
      const pages = followEvents(database(), { orgId: 'followed', limit: 1, signal: ending.signal });
      for await (const page of pages) read.push(...subjects(page));
    })();
    await until(() => read.length === 2);
    const start = performance.now();
    await appendEvents(db, [event('followed', 'c'), event('elsewhere', 'x')]);
    await until(() => read.length === 3);
    expect(performance.now() - start).toBeLessThan(500);
    ending.abort();
    await following;
    expect(read).toEqual(['a', 'b', 'c']);
  });
});

describeEachDatabase('event subscriptions', (database) => {
  const deliveriesOf = (orgId: string) =>
    database().db.selectFrom('deliveries').selectAll().where('org_id', '=', orgId).orderBy('id').execute();
  const subscribe = (orgId: string, id: string, types: string[], receiver = 'https://hooks.example.com') =>
    createSubscription(database().db, { id, orgId, url: `${receiver}/${id}`, receiver, types });

  beforeAll(async () => {
    for (const id of ['sub', 'loop', 'told', 'gone', 'stranger']) {
      await ensureOrg(database().db, { id, name: id, tier: 'pro', webhookSecret: 'w' });
    }
  });

  test('an event makes one frozen delivery for each subscription that matches', async () => {
    const { db } = database();
    await subscribe('sub', 'every', ['*']);
    await subscribe('sub', 'timers', ['timer.*', 'timer.fired']);
    await subscribe('sub', 'exact', ['timer.fired']);
    await subscribe('sub', 'deaf', ['timer.created', 'delivery.*']);
    await subscribe('stranger', 'foreign', ['*']);
    await appendEvents(db, [event('sub', 't"1', { data: { z: 1, a: { nested: 'ü' } } })]);
    const [read] = await readEvents(db, { orgId: 'sub', limit: 1 });
    const made = await deliveriesOf('sub');
    expect(made.map(({ id }) => id)).toEqual(['every', 'exact', 'timers'].map((id) => `${id}.${read?.id}`));
    expect(made[0]).toMatchObject({
      subscription_id: 'every',
      timer_id: null,
      channel: 'webhook',
      receiver: 'https://hooks.example.com',
      request: { method: 'POST', url: 'https://hooks.example.com/every' },
      policy: {},
      status: 'pending',
      attempts: [],
      next_attempt_at: expect.any(Date),
      body: `{"id":"${read?.id}","type":"timer.fired","subject":"t\\"1","data":{"z":1,"a":{"nested":"ü"}},"at":"2030-01-31T09:00:00.120Z"}`,
    });
    await expect(deliveriesOf('stranger')).resolves.toEqual([]);
  });

  test("what becomes of a subscription's own deliveries goes to no subscription", async () => {
    await subscribe('loop', 'all', ['*']);
    await subscribe('loop', 'deliveries', ['delivery.*']);
    const type = 'delivery.delivered';
    await appendEvents(database().db, [event('loop', 'all.1-1', { type, data: { subscriptionId: 'all' } })]);
    await expect(deliveriesOf('loop')).resolves.toEqual([]);
    await appendEvents(database().db, [event('loop', 't1.1.0', { type, data: { timerId: 't1' } })]);
    await expect(deliveriesOf('loop')).resolves.toHaveLength(2);
  });

  test('each receiver is told of once a statement', async () => {
    const { db, listen } = database();
    await subscribe('told', 'one', ['*'], 'https://one.example.com');
    await subscribe('told', 'two', ['*'], 'https://one.example.com');
    await subscribe('told', 'three', ['*'], 'https://three.example.com');
    const told: unknown[] = [];
    const end = listen('deliveries', (payload) => told.push(JSON.parse(payload ?? 'null')));
    await appendEvents(db, [event('told', 'a'), event('told', 'b')]);
    await until(() => told.length >= 2);
    end();
    expect(told).toHaveLength(2);
    expect(told).toEqual(
      expect.arrayContaining([
        { orgId: 'told', receiver: 'https://one.example.com' },
        { orgId: 'told', receiver: 'https://three.example.com' },
      ]),
    );
    await expect(deliveriesOf('told')).resolves.toHaveLength(6);
  });

  test("a deleted subscription gets nothing more; another organisation's cannot be deleted", async () => {
    const { db } = database();
    await subscribe('gone', 'short', ['*']);
    await expect(listSubscriptions(db, 'gone')).resolves.toMatchObject([{ id: 'short', types: ['*'] }]);
    await expect(deleteSubscription(db, { orgId: 'sub', id: 'short' })).resolves.toBe(false);
    await expect(deleteSubscription(db, { orgId: 'gone', id: 'short' })).resolves.toBe(true);
    await appendEvents(db, [event('gone', 'a')]);
    await expect(deliveriesOf('gone')).resolves.toEqual([]);
  });

  test('what happened to one agent is read along an index of its own', async () => {
    const { db } = database();
    const events = Array.from({ length: 3_000 }, (_, n) => event('agents', `s${n % 300}`));
    const connected = event('agents', 's7', { type: 'agent.connected' });
    await appendEvents(db, [...events, connected]);
    await sql`analyze events`.execute(db);
    const scans = async () => {
      await sql`select pg_stat_force_next_flush()`.execute(db);
      const { rows } = await sql<{ scans: number }>`
        select idx_scan as scans from pg_stat_user_indexes where indexrelname = 'events_agents'`.execute(db);
      return rows[0]?.scans ?? 0;
    };
    const wish = { orgId: 'agents', subject: 's7', type: 'agent.*', limit: 50 };
    // A transaction that is open elsewhere on the server holds readers back.
    await until(async () => (await readEvents(db, wish)).length > 0);
    const before = await scans();
    await expect(readEvents(db, wish)).resolves.toMatchObject([{ type: 'agent.connected' }]);
    await expect(scans()).resolves.toBe(before + 1);
  });
});
