import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { v7 as newId } from 'uuid';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { insertDeliveries, type NewDelivery } from '../../src/db/deliveries.js';
import { appendEvents } from '../../src/db/events.js';
import { createSubscription } from '../../src/db/subscriptions.js';
import type { Delivery, DeliverySummary } from '../../src/schemas/delivery.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { aDelivery, writeTimer } from '../support/deliveries.js';

let api: TestApi;
let org: CreatedOrg;
let ids: string[];
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
  ids = [];
  for (let count = 0; count < 5; count++) ids.unshift(await write({ status: 'sending' }));
});
afterAll(() => api.close());

async function write(given: Partial<NewDelivery> = {}): Promise<string> {
  const delivery = aDelivery({ orgId: org.orgId, ...given });
  await insertDeliveries(api.database.db, [delivery], Date.now());
  return delivery.id;
}
const end = (id: string, status: 'dead' | 'delivered') =>
  sql`update deliveries set status = ${status}, ended_at = now(), next_attempt_at = null where id = ${id}`.execute(
    api.database.db,
  );
interface Page {
  deliveries: DeliverySummary[];
  nextCursor: string | null;
}
const list = async (query: string, key = org.key) =>
  (await api.send(`/deliveries${query}`, { key })).json<Page>();
const get = async (id: string) =>
  (await api.send(`/deliveries/${id}`, { key: org.key })).json<{ delivery: Delivery }>();

describe('the list of deliveries', () => {
  test('loses none at the border of two pages, also where one statement made them', async () => {
    const { db } = api.database;
    const other = await api.org();
    const url = 'https://hooks.example.com/x';
    await createSubscription(db, {
      ...{ id: newId(), orgId: other.orgId, url, receiver: 'https://hooks.example.com', types: ['*'] },
    });
    const event = { orgId: other.orgId, type: 'timer.fired' as const, subject: 'timer', data: {} };
    await appendEvents(db, Array<typeof event>(5).fill(event));
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 5; page++) {
      const { deliveries, nextCursor } = await list(`?limit=2${cursor}`, other.key);
      seen.push(...deliveries.map(({ id }) => id));
      if (nextCursor === null) break;
      cursor = `&cursor=${nextCursor}`;
    }
    expect([seen.length, new Set(seen).size]).toEqual([5, 5]);
  });

  test('pages through each once, and the last page says that it is', async () => {
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 5; page++) {
      const { deliveries, nextCursor } = await list(`?limit=2${cursor}`);
      seen.push(...deliveries.map(({ id }) => id));
      if (nextCursor === null) break;
      cursor = `&cursor=${nextCursor}`;
    }
    expect(new Set(seen)).toEqual(new Set(ids));
    expect(seen).toHaveLength(5);
    expect((await list('?limit=5')).nextCursor).toBeNull();
  });

  test('filters by status, where what is being sent is pending', async () => {
    const dead = await write();
    await end(dead, 'dead');
    expect((await list('?status=dead')).deliveries.map(({ id }) => id)).toEqual([dead]);
    expect((await list('?status=pending')).deliveries).toHaveLength(5);
  });

  test('shows a key that is limited to tenants only what is theirs', async () => {
    const timerId = await writeTimer(api.database.db, { orgId: org.orgId, tenantId: 'agent-9' });
    const id = await write({ timerId });
    const body = { name: 'limited', tenants: ['agent-9'] };
    const { key } = (await api.send('/api-keys', { token: org.adminToken, body })).json<{ key: string }>();
    expect((await list('', key)).deliveries.map((delivery) => delivery.id)).toEqual([id]);
    expect((await api.send(`/deliveries/${ids[0]}`, { key })).status).toBe(404);
    expect((await api.send(`/deliveries/${ids[0]}/redeliver`, { method: 'POST', key })).status).toBe(404);
  });
});

describe('one delivery', () => {
  test('keeps the credentials in its URL to itself', async () => {
    const url = api.vault.seal('https://user:hunter2@agents.example.com/hook?sig=abc&x=1');
    const id = await write({ request: { method: 'POST', url } });
    const { delivery } = await get(id);
    expect(delivery.url).toBe('https://***:***@agents.example.com/hook?sig=***&x=1');
    expect(JSON.stringify(delivery)).not.toMatch(/hunter2|abc|sealed:/);
  });

  test('says which workflow sends it, and where to look at it', async () => {
    const { delivery } = await get(ids[0] ?? '');
    expect(delivery.run?.workflowId).toBe(`timers/${org.orgId}/2030-01-31T09:00:00.000Z`);
    expect(delivery.run?.url).toContain(encodeURIComponent(delivery.run?.workflowId ?? '-'));
  });
});

describe('sending anew', () => {
  test('a delivery that has ended becomes pending, and its receiver’s workflow runs', async () => {
    const id = await write({ receiver: 'https://again.example.com' });
    await end(id, 'dead');
    const answer = await api.send(`/deliveries/${id}/redeliver`, { method: 'POST', key: org.key });
    expect(answer.status).toBe(200);
    expect(answer.json<{ delivery: Delivery }>().delivery).toMatchObject({
      id,
      status: 'pending',
      endedAt: null,
    });
  });

  test('one that has not ended is left alone', async () => {
    const answer = await api.send(`/deliveries/${ids[0]}/redeliver`, { method: 'POST', key: org.key });
    expect(answer.status).toBe(409);
    expect(answer.problem().code).toBe('wrong_state');
  });

  test('all that died since a moment go out again, and no others', async () => {
    const [died, delivered] = [await write(), await write()];
    await end(died, 'dead');
    await end(delivered, 'delivered');
    const since = new Date(Date.now() - 60_000).toISOString();
    const dead = (await list('?status=dead')).deliveries.length;
    const answer = await api.send('/deliveries/redeliver', { key: org.key, body: { status: 'dead', since } });
    expect(answer.json()).toEqual({ redelivered: dead });
    expect((await get(died)).delivery.status).toBe('pending');
    expect((await get(delivered)).delivery.status).toBe('delivered');
  });
});
