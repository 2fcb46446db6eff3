import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MainspringClient, type MainspringOptions } from '../../src/client/index.js';
import { type FakeServer, hangUp, json, openFakeServer, problem } from './fake-server.js';

let server: FakeServer;
const client = (options: MainspringOptions = {}) =>
  new MainspringClient({ baseUrl: server.url, apiKey: 'mnt_test', token: 'a.b.c', ...options });
const calls = () => server.received.map(({ method, url }) => `${method} ${url}`);

beforeEach(async () => {
  server = await openFakeServer();
});
afterEach(() => server.close());

test('each method calls its route', async () => {
  const { agents, apiKeys, subscriptions, webhookSecret } = client();
  const one = json(200, { agent: { id: 'a/1' } });
  for (const verb of ['suspend', 'activate', 'start', 'pause', 'resume', 'stop']) {
    server.on(`POST /agents/a%2F1/${verb}`, one);
  }
  server.on('POST /agents/a%2F1/credentials/regenerate', json(200, { secret: 'mas_1' }));
  server.on('GET /agents/a%2F1/history?limit=2', json(200, { sessions: [{ id: 's1' }], nextCursor: null }));
  server.on('GET /agents/a%2F1/events', json(200, { events: [{ id: 'e1' }], nextCursor: null }));
  server.on('GET /agents/a%2F1/analytics?period=7d', json(200, { uptime: 1 }));
  server.on('POST /subscriptions', json(201, { subscription: { id: 'u1' } }));
  server.on('GET /subscriptions', json(200, { subscriptions: [{ id: 'u1' }] }));
  server.on('DELETE /subscriptions/u1', json(204));
  server.on('POST /api-keys', json(201, { apiKey: { id: 'k1' }, key: 'mnt_1' }));
  server.on('GET /api-keys', json(200, { apiKeys: [] }));
  server.on('DELETE /api-keys/k1', json(204));
  server.on('GET /webhook-secret', json(200, { secret: 'whsec_1', previousSecretUntil: null }));
  server.on('POST /webhook-secret/rotate', json(200, { secret: 'whsec_2', previousSecretUntil: null }));

  expect((await agents.suspend('a/1')).id).toBe('a/1');
  await agents.activate('a/1');
  await agents.start('a/1');
  await agents.pause('a/1');
  await agents.resume('a/1');
  await agents.stop('a/1');
  expect((await agents.regenerateCredentials('a/1', { overlap: '1h' })).secret).toBe('mas_1');
  for await (const session of agents.history('a/1', { limit: 2 })) expect(session.id).toBe('s1');
  for await (const event of agents.events('a/1')) expect(event.id).toBe('e1');
  expect((await agents.analytics('a/1', { period: '7d' })).uptime).toBe(1);
  expect((await subscriptions.create({ url: 'https://a.example', types: ['agent.*'] })).id).toBe('u1');
  expect(await subscriptions.list()).toHaveLength(1);
  await subscriptions.delete('u1');
  expect((await apiKeys.create({ name: 'a key' })).key).toBe('mnt_1');
  expect(await apiKeys.list()).toEqual([]);
  await apiKeys.revoke('k1');
  expect((await webhookSecret.get()).secret).toBe('whsec_1');
  expect((await webhookSecret.rotate()).secret).toBe('whsec_2');
  expect(server.bodies('POST /agents/a%2F1/credentials/regenerate')).toEqual([{ overlap: '1h' }]);
  expect(calls()).toHaveLength(18);
});

test.each(['agents', 'tools', 'instructions'] as const)(
  '%s are created, read, changed and deleted',
  async (many) => {
    const registry = client()[many];
    const one = many.slice(0, -1);
    const answer = json(200, { [one]: { id: 'x1' } }, { etag: '"3"' });
    server.on(`POST /${many}`, answer);
    server.on(`GET /${many}/x1`, answer);
    server.on(`GET /${many}?limit=10&status=active`, json(200, { [many]: [{ id: 'x1' }], nextCursor: null }));
    server.on(`PATCH /${many}/x1`, answer);
    server.on(`DELETE /${many}/x1`, json(204));

    const created = await registry.create({ name: 'x', layer: 'organisation' });
    expect(created).toEqual({ id: 'x1', etag: '"3"' });
    const { etag } = await registry.get('x1');
    for await (const { id } of registry.list({ limit: 10, status: 'active' })) expect(id).toBe('x1');
    await registry.update('x1', {}, { ifMatch: etag });
    await registry.delete('x1', { ifMatch: '*' });
    expect(server.received.map(({ headers }) => headers['if-match'])).toEqual([
      undefined,
      undefined,
      undefined,
      '"3"',
      '*',
    ]);
    expect(server.received[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  },
);

test('what takes keys and tokens is called with the key, or else with the token', async () => {
  server.on('GET /status', json(200, { running: 0 }));
  const token = 'a.b.c';
  for (const given of [{ apiKey: 'mnt_test', token }, { token }])
    await new MainspringClient({ baseUrl: server.url, ...given }).getStatus();
  const sent = server.received.map(({ headers }) => headers['x-api-key'] ?? headers.authorization);
  expect(sent).toEqual(['mnt_test', 'Bearer a.b.c']);
});

test("an administrator's calls carry the token, the others the key, each whatever there is", async () => {
  server.on('GET /agents/a1', json(200, { agent: { id: 'a1' } }));
  server.on('GET /timers/t1', json(200, { timer: { id: 't1' } }));
  const options = [{}, { token: '' }, { apiKey: '' }].map(
    (without) =>
      Object.fromEntries(
        Object.entries({ apiKey: 'mnt_test', token: 'a.b.c', ...without }).filter(
          ([, value]) => value !== '',
        ),
      ) as MainspringOptions,
  );
  for (const given of options) {
    const { agents, timers } = new MainspringClient({ baseUrl: server.url, ...given });
    await agents.get('a1');
    await timers.get('t1');
  }
  const sent = server.received.map(({ headers }) => headers['x-api-key'] ?? headers.authorization);
  const both = server.received.filter(({ headers }) => headers['x-api-key'] && headers.authorization);
  expect(sent).toEqual(['Bearer a.b.c', 'mnt_test', 'mnt_test', 'mnt_test', 'Bearer a.b.c', undefined]);
  expect(both).toEqual([]);
});

test('a change that somebody else was faster with says so', async () => {
  server.on('PATCH /agents/a1', problem(412, 'precondition_failed'));
  await expect(client().agents.update('a1', { model: 'haiku' }, { ifMatch: '"1"' })).rejects.toMatchObject({
    code: 'precondition_failed',
    status: 412,
  });
});

test('a secret is not made twice because its answer was lost', async () => {
  server.on('POST /agents/a1/credentials/regenerate', hangUp);
  await expect(client().agents.regenerateCredentials('a1')).rejects.toMatchObject({ code: 'unreachable' });
  expect(server.received).toHaveLength(1);
});

test('brokers are named, read, changed and forgotten', async () => {
  const { brokers } = client();
  const broker = { broker: { id: 'b/1', status: 'connecting' } };
  server.on('POST /brokers', json(201, broker));
  server.on('GET /brokers', json(200, { brokers: [broker.broker] }));
  server.on('GET /brokers/b%2F1', json(200, broker));
  server.on('PATCH /brokers/b%2F1', json(200, broker));
  server.on('DELETE /brokers/b%2F1', json(204));
  const asked = { name: 'production', endpoints: ['amqp://broker.example.com'] };
  expect(await brokers.create(asked)).toEqual(broker.broker);
  expect(await brokers.list()).toEqual([broker.broker]);
  expect((await brokers.get('b/1')).status).toBe('connecting');
  await brokers.change('b/1', { config: { workerPoolSize: 3 } });
  expect(server.bodies('PATCH /brokers/b%2F1')).toEqual([{ config: { workerPoolSize: 3 } }]);
  await brokers.delete('b/1');
  expect(server.bodies('POST /brokers')).toEqual([asked]);
});
