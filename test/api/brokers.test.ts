import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../../src/engine/port.js';
import { type BrokerApi, openBrokerApi } from '../support/broker-api.js';
import { eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';

let mainspring: TestMainspring;
let api: BrokerApi;
beforeAll(async () => {
  mainspring = await startMainspring();
  api = await openBrokerApi(mainspring);
});
afterAll(() => mainspring.close());

const send = (path: string, body?: unknown, method?: string) =>
  mainspring.send(path, { token: api.org.adminToken, body, ...(method ? { method } : {}) });
/** Nobody listens there. */
const nowhere = async (user = '') => `amqp://${user}127.0.0.1:${await freePort()}`;

describe('a broker that cannot be reached', () => {
  test('is created, shown as unreachable with a reason that tells nothing, and told as an event', async () => {
    const endpoint = await nowhere();
    const { id, status, name } = await api.addBroker({ endpoints: [endpoint] });
    expect(status).toBe('connecting');
    const found = await api.untilBroker(id, 'unreachable');
    expect(found).toMatchObject({ kind: 'amqp', error: 'connection_refused', agents: [] });
    const answer = await mainspring.send(`/events?subject=${id}`, { key: api.org.key });
    expect(answer.json<{ events: unknown[] }>().events).toMatchObject([
      { type: 'broker.created', data: { name, kind: 'amqp' } },
      { type: 'broker.unreachable', data: { name, kind: 'amqp', error: 'connection_refused' } },
    ]);
    expect((await mainspring.send('/api/health/amqp')).status).toBe(503);
    expect((await send(`/brokers/${id}`, undefined, 'DELETE')).status).toBe(204);
    expect((await send(`/brokers/${id}`)).status).toBe(404);
  });

  test('has a workflow of its own, which ends when it is deleted', async () => {
    const { id, run } = await api.addBroker({ endpoints: [await nowhere()] });
    await api.untilBroker(id, 'unreachable');
    const handle = mainspring.workflows.getHandle(run.workflowId);
    await eventually(
      () => handle.query<{ status: string } | null>('broker'),
      (state) => state?.status === 'unreachable',
    );
    await send(`/brokers/${id}`, undefined, 'DELETE');
    await eventually(
      () => handle.describe(),
      ({ status }) => status.name === 'COMPLETED',
    );
  });
});

test('credentials are kept encrypted, and never shown', async () => {
  const endpoint = await nowhere('somebody:s3cr3t-canary@');
  const { id } = await api.addBroker({ endpoints: [endpoint] });
  const shown = (await send(`/brokers/${id}`)).text + (await send('/brokers')).text;
  expect(shown).toContain('amqp://***:***@127.0.0.1');
  const agent = await api.addAgent({ topics: ['chat'], brokers: [endpoint] });
  expect(agent.brokers).toEqual([endpoint.replace('somebody:s3cr3t-canary', '***:***')]);
  expect((await api.broker(id)).agents).toEqual([{ id: agent.id, name: agent.name }]);
  // What was read may be sent back.
  const again = await api.change(agent.id, { brokers: agent.brokers });
  expect(again.brokers).toEqual(agent.brokers);
  expect((await api.broker(id)).agents).toHaveLength(1);
  const rows = await mainspring.database.db.selectFrom('brokers').selectAll().execute();
  const agents = await mainspring.database.db.selectFrom('agents').select('brokers').execute();
  expect(shown + JSON.stringify([rows, agents])).not.toContain('s3cr3t-canary');
});

test('an endpoint that no broker has becomes one; `amq` is another name of `amqp`', async () => {
  const port = await freePort();
  const first = await api.addAgent({ topics: ['chat'], brokers: [`amq://127.0.0.1:${port}`] });
  const second = await api.addAgent({ topics: ['chat'], brokers: [`amqp://127.0.0.1:${port}`] });
  const { brokers } = (await send('/brokers')).json<{
    brokers: { id: string; name: string; agents: { id: string }[] }[];
  }>();
  const made = brokers.filter(({ name }) => name === `127.0.0.1-${port}`);
  expect(made.map(({ agents }) => agents.map(({ id }) => id).toSorted())).toEqual([
    [first.id, second.id].toSorted(),
  ]);
  await api.untilBroker(made[0]?.id ?? '', 'unreachable');
});

test('credentials are changed where the broker stands; agents that were given its endpoint have its name', async () => {
  const endpoint = await nowhere('somebody:s3cr3t-old@');
  const agent = await api.addAgent({ topics: ['chat'], brokers: [endpoint] });
  const all = (await send('/brokers')).json<{ brokers: { id: string; name: string; agents: unknown[] }[] }>();
  const made = all.brokers.find(({ agents }) => JSON.stringify(agents).includes(agent.id));
  const id = made?.id ?? '';
  const fresh = endpoint.replace('s3cr3t-old', 's3cr3t-new').replace('127.0.0.1', 'localhost');
  const change = { endpoints: [fresh], config: { workerPoolSize: 3 } };
  const answer = await send(`/brokers/${id}`, change, 'PATCH');
  expect(answer.status).toBe(200);
  expect(answer.text).not.toContain('s3cr3t');
  const { broker } = answer.json<{ broker: { endpoints: string[]; config: unknown; status: string } }>();
  expect(broker).toMatchObject({
    endpoints: [fresh.replace('somebody:s3cr3t-new', '***:***')],
    config: { workerPoolSize: 3, messageTimeout: 60, exchange: 'mainspring' },
  });
  // What was read may be sent back, beside another one.
  const both = { endpoints: [...broker.endpoints, await nowhere()] };
  expect((await send(`/brokers/${id}`, both, 'PATCH')).status).toBe(200);
  expect((await api.change(agent.id, { topics: ['other'] })).brokers).toEqual([made?.name]);
  const events = await mainspring.send(`/events?subject=${id}&type=broker.updated`, { key: api.org.key });
  expect(events.json<{ events: unknown[] }>().events).toHaveLength(2);
  const refusals: [unknown, string][] = [
    [{ endpoints: ['nats://127.0.0.1:9'] }, 'endpoints.0'],
    [{ endpoints: ['amqp://10.0.0.1'] }, 'endpoints.0'],
    [{ endpoints: ['amqp://***:***@127.0.0.1:9'] }, 'endpoints.0'],
    [{ config: { exchange: 'other' } }, 'config'],
  ];
  for (const [body, field] of refusals) {
    const refused = await send(`/brokers/${id}`, body, 'PATCH');
    expect({ body, status: refused.status }).toEqual({ body, status: 422 });
    expect(refused.text).toContain(field);
  }
  expect((await send('/brokers/none', change, 'PATCH')).status).toBe(404);
});

test('an organisation has at most 100 brokers, those that agents bring included', async () => {
  const many = await openBrokerApi(mainspring);
  const { db } = mainspring.database;
  const row = { org_id: many.org.orgId, kind: 'amqp' as const, endpoints: 'none', config: '{}', error: null };
  const names = Array.from({ length: 99 }, () => randomUUID());
  await db
    .insertInto('brokers')
    .values(names.map((name) => ({ ...row, id: name, name })))
    .execute();
  const add = (brokers: string[]) =>
    mainspring.send('/agents', {
      ...{ token: many.org.adminToken, body: { name: randomUUID(), topics: ['chat'], brokers } },
    });
  const refused = await add([await nowhere(), await nowhere()]);
  expect(refused.status).toBe(422);
  expect(refused.problem().errors).toMatchObject([{ path: 'brokers.1' }]);
  expect((await add([await nowhere()])).status).toBe(201);
  expect((await add([await nowhere()])).status).toBe(422);
  await db.deleteFrom('brokers').where('id', 'in', names).execute();
});

test('schemes are read whatever their case', async () => {
  const port = await freePort();
  const { id, kind } = await api.addBroker({ endpoints: [`AMQP://127.0.0.1:${port}`] });
  expect(kind).toBe('amqp');
  const agent = await api.addAgent({ topics: ['chat'], brokers: [`amqp://127.0.0.1:${port}`] });
  expect((await api.broker(id)).agents).toMatchObject([{ id: agent.id }]);
  const answer = await send('/brokers', { name: 'shouted', endpoints: ['AMQP://0xa.1'] });
  expect(answer.status).toBe(422);
});

test('a broker that agents use is not deleted', async () => {
  const { id, name } = await api.addBroker({ endpoints: [await nowhere()] });
  const agent = await api.addAgent({ topics: ['chat'], brokers: [name] });
  const refused = await send(`/brokers/${id}`, undefined, 'DELETE');
  expect(refused.status).toBe(409);
  expect(refused.problem().detail).toContain(agent.name);
  await api.change(agent.id, { brokers: [] });
  expect((await send(`/brokers/${id}`, undefined, 'DELETE')).status).toBe(204);
});

test('what cannot be is refused, and names its field', async () => {
  const { name } = await api.addBroker({ endpoints: [await nowhere()] });
  const refusals: [unknown, number, string][] = [
    [{ name, endpoints: ['amqp://broker.example.com'] }, 409, 'name_taken'],
    [{ name: 'x', endpoints: ['http://broker.example.com'] }, 422, 'endpoints.0'],
    [
      { name: 'x', endpoints: ['amqp://broker.example.com', 'nats://broker.example.com'] },
      422,
      'endpoints.1',
    ],
    [{ name: 'x', kind: 'nats', endpoints: ['amqp://broker.example.com'] }, 422, 'endpoints.0'],
    [{ name: 'x', endpoints: ['amqp://'] }, 422, 'endpoints.0'],
    [{ name: 'x', endpoints: [] }, 422, 'endpoints'],
    ...['a.', '.a', 'a..b'].map((exchange): [unknown, number, string] => [
      { name: 'x', endpoints: ['amqp://broker.example.com'], config: { exchange } },
      422,
      'exchange',
    ]),
    [
      { name: 'x', endpoints: ['nats://broker.example.com'], config: { exchange: 'a.b' } },
      422,
      'config.exchange',
    ],
    [{ name: 'a b', endpoints: ['amqp://broker.example.com'] }, 422, 'name'],
    [{ name: 'x', endpoints: ['amqp://broker.example.com'], config: { workerPoolSize: 0 } }, 422, 'config'],
    ...[
      '10.0.0.1',
      '0xa.1',
      '169.254.169.254',
      '[fd00::1]',
      '[::ffff:10.0.0.1]',
      '168.63.129.16',
      '2130706433.internal',
    ].map((host): [unknown, number, string] => [
      { name: 'x', endpoints: [`amqp://${host}:5672`] },
      422,
      'endpoints.0',
    ]),
  ];
  for (const [body, status, field] of refusals) {
    const answer = await send('/brokers', body);
    expect({ body, status: answer.status }).toEqual({ body, status });
    expect(answer.text).toContain(field);
  }
  const agent = (brokers: string[]) => send('/agents', { name: randomUUID(), topics: ['chat'], brokers });
  for (const entry of ['nobody-knows-it', 'amqp://10.0.0.1', 'amqp://***:***@broker.example.com']) {
    const answer = await agent([name, entry]);
    expect(answer.status).toBe(422);
    expect(answer.problem().errors).toMatchObject([{ path: 'brokers.1' }]);
  }
});

test('another organisation sees nothing of it', async () => {
  const { id, name } = await api.addBroker({ endpoints: [await nowhere()] });
  const other = await mainspring.org();
  const foreign = { token: other.adminToken };
  expect((await mainspring.send(`/brokers/${id}`, foreign)).status).toBe(404);
  expect((await mainspring.send(`/brokers/${id}`, { ...foreign, method: 'DELETE' })).status).toBe(404);
  expect((await mainspring.send('/brokers', foreign)).json()).toEqual({ brokers: [] });
  const body = { name: 'an agent', topics: ['chat'], brokers: [name] };
  expect((await mainspring.send('/agents', { ...foreign, body })).status).toBe(422);
});
