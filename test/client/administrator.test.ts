import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MainspringClient } from '../../src/client/index.js';
import { startMainspring, type TestMainspring } from '../support/mainspring.js';

let mainspring: TestMainspring;
let client: MainspringClient;
beforeAll(async () => {
  mainspring = await startMainspring();
  const { key, adminToken } = await mainspring.org();
  client = new MainspringClient({ baseUrl: mainspring.url, apiKey: key, token: adminToken, retries: 0 });
});
afterAll(() => mainspring.close());

test('what an agent remembers is written, read, listed and forgotten', async () => {
  const { memories } = client;
  const { id } = await client.agents.create({ name: randomUUID() });
  const session = { sessionId: 'a visit' };
  await memories.set(id, 'language', 'de');
  await memories.set(id, 'topic', { book: 'Emma' }, session);
  expect((await memories.get(id, 'language')).value).toBe('de');
  expect((await memories.get(id, 'topic', session)).value).toEqual({ book: 'Emma' });
  const keys: string[] = [];
  for await (const { key } of memories.list(id, { limit: 1 })) keys.push(key);
  expect(keys).toEqual(['topic', 'language']);
  await memories.delete(id, 'language');
  await expect(memories.get(id, 'language')).rejects.toMatchObject({ code: 'not_found' });
  expect(await memories.deleteAll(id, session)).toBe(1);
});

test('a client with a key and an admin token calls with the token what only administrators may', async () => {
  const wish = { name: 'a-broker', kind: 'nats' as const, endpoints: ['nats://127.0.0.1:1'] };
  const broker = await client.brokers.create(wish);
  expect((await client.brokers.list()).map(({ id }) => id)).toEqual([broker.id]);
  expect((await client.brokers.change(broker.id, { endpoints: ['nats://127.0.0.1:2'] })).id).toBe(broker.id);
  await client.brokers.delete(broker.id);
});

test('a run of a schedule that is asked for twice under one key runs once', async () => {
  const { id: agentId, name } = await client.agents.create({ name: randomUUID(), type: 'TEXT' });
  await client.agents.start(agentId);
  const { id, etag } = await client.schedules.create({
    ...{ agent_name: name, prompt_template: 'say something', interval_seconds: 3_600, enabled: false },
  });
  const first = await client.schedules.trigger(id, {}, { idempotencyKey: `${id}-now` });
  expect(first).not.toBeNull();
  expect(await client.schedules.trigger(id, {}, { idempotencyKey: `${id}-now` })).toBe(first);
  await client.schedules.change(id, { interval_seconds: 7_200 }, { ifMatch: etag });
  const late = client.schedules.change(id, { interval_seconds: 60 }, { ifMatch: etag });
  await expect(late).rejects.toMatchObject({ code: 'precondition_failed' });
  await client.schedules.delete(id);
});

test('probes and figures are answered', async () => {
  await client.health.live();
  await client.health.ready();
  expect(await client.health.part('temporal')).toBe('ok');
  expect(await client.health.part('smtp')).toBe('not_configured');
  expect(await client.health.metrics()).toContain('# TYPE mainspring_timers_total counter');
  expect((await client.timers.health()).status).toBe('stale');
  expect(await client.deliveries.redeliverDead(new Date(0))).toBe(0);
});
