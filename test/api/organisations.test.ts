import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { Route } from '../../src/api/route.js';
import { routes } from '../../src/api/routes.js';
import { insertDeliveries } from '../../src/db/deliveries.js';
import { requestModelCalls, requestToolCalls } from '../../src/db/task-calls.js';
import { addMetrics } from '../../src/db/task-stages.js';
import { type Answer, startTestApi, type TestApi } from '../support/api.js';
import { aDelivery } from '../support/deliveries.js';

const CANARY = 'canary-of-the-first';
const MESSAGE = { type: 'question', payload: { content: CANARY } };
/** Each organisation has topics of its own, whatever they are called. */
const TOPIC = 'news';
let api: TestApi;
let first: CreatedOrg;
let second: CreatedOrg;
/** What stands in the first organisation, by the resource that its routes begin with. */
const ids: Record<string, string> = {};

beforeAll(async () => {
  api = await startTestApi();
  [first, second] = [await api.org(), await api.org()];
  const { key, adminToken: token } = first;
  const timer = { tenantId: CANARY, requestedBy: CANARY, name: CANARY, duration: '1h' };
  const made = await api.send('/timers', { key, body: timer });
  ids.timers = made.json<{ timer: { id: string } }>().timer.id;
  const hook = await api.send('/subscriptions', {
    key,
    body: { url: `https://${CANARY}.example.com/`, types: ['timer.*'] },
  });
  ids.subscriptions = hook.json<{ subscription: { id: string } }>().subscription.id;
  const apiKey = await api.send('/api-keys', { token, body: { name: CANARY } });
  ids['api-keys'] = apiKey.json<{ apiKey: { id: string } }>().apiKey.id;
  for (const [path, noun] of REGISTRY) {
    const answer = await api.send(`/${path}`, { token, body: { ...BODIES[`/${path}`], name: CANARY } });
    ids[path] = answer.json<Record<string, { id: string }>>()[noun]?.id ?? '';
  }
  const delivery = aDelivery({
    orgId: first.orgId,
    timerId: ids.timers,
    receiver: `https://${CANARY}.example.com`,
  });
  await insertDeliveries(api.database.db, [delivery], Date.now());
  await api.database.db.updateTable('deliveries').set({ status: 'dead', ended_at: new Date() }).execute();
  ids.deliveries = delivery.id;
  await makeTask();
  const message = await api.send(`/agents/${ids.agents}/messages`, { key, body: MESSAGE });
  ids.messages = message.json<{ message: { id: string } }>().message.id;
  await api.send(`/topics/${TOPIC}/messages`, { key, body: MESSAGE });
  const wanted = { name: CANARY, agent_name: CANARY, interval_seconds: 3_600, prompt_template: CANARY };
  const schedule = await api.send('/schedules', { key, body: wanted });
  ids.schedules = schedule.json<{ schedule: { id: string } }>().schedule.id;
});
afterAll(() => api.close());

/** With calls, a memory and figures that tell of it. */
async function makeTask(): Promise<void> {
  const { key } = first;
  const { db } = api.database;
  const agentId = ids.agents ?? '';
  const asked = { agent_name: CANARY, prompt: CANARY, session_id: CANARY };
  const id = (await api.send('/tasks', { key, body: asked })).json<{ task_id: string }>().task_id;
  // An execution is the same thing under another path.
  Object.assign(ids, { tasks: id, api: id });
  // The door of an agent.
  ids.a2a = agentId;
  const call = { id: `${id}.execute.0`, place: 'execute.0' };
  const task = { id, org_id: first.orgId, agent_id: agentId, root_id: id };
  await requestToolCalls(db, task, [{ ...call, name: CANARY, arguments: {}, modelCallRef: null }]);
  await requestModelCalls(db, task, [{ ...call, request: {} }]);
  await db.updateTable('model_calls').set({ provider: CANARY, model: CANARY }).execute();
  await addMetrics(db, task, new Map([[CANARY, 1]]), new Date());
  const path = `/agents/${agentId}/memories/${CANARY}?sessionId=${CANARY}`;
  await api.send(path, { key, method: 'PUT', body: { value: CANARY } });
}

/** What an administrator registers by name, and what it is called in the answer. */
const REGISTRY = [
  ['agents', 'agent'],
  ['tools', 'tool'],
  ['instructions', 'instruction'],
  ['brokers', 'broker'],
] as const;

/** A body that gets past the schema, so that it is the handler that refuses. */
const BODIES: Record<string, object> = {
  '/timers': { tenantId: 'a', requestedBy: 'a', name: 'a', duration: '1h' },
  '/timers/batch': { timers: [{}] },
  '/timers/:id/reschedule': { duration: '1h' },
  '/deliveries/redeliver': { status: 'dead', since: '2020-01-01T00:00:00Z' },
  '/subscriptions': { url: 'https://agents.example.com/', types: ['timer.*'] },
  '/api-keys': { name: 'another' },
  '/agents': { name: 'another' },
  '/tools': { name: 'another' },
  '/instructions': { name: 'another', layer: 'organisation' },
  '/brokers': { name: 'another', endpoints: ['amqp://127.0.0.1:1'] },
  '/tasks': { agent_name: CANARY, prompt: 'another' },
  '/schedules': { agent_name: CANARY, interval_seconds: 3_600 },
  '/schedules/:id/backfill': { from: '2020-01-01T00:00:00Z', to: '2020-01-01T01:00:00Z' },
  '/api/agents/execute': { type: 'another', action: 'prompt', input: { prompt: 'another' } },
  '/agents/:id/memories/:key': { value: 'another' },
  '/agents/:id/messages': { type: 'another' },
  '/agents/:id/messages/redeliver': { status: 'dead' },
  '/topics/:topic/messages': { type: 'another' },
  '/messages/:id/ack': { leaseId: 'another' },
  '/messages/:id/nack': { leaseId: 'another' },
  '/messages/:id/extend': { leaseId: 'another' },
  '/a2a': { jsonrpc: '2.0', id: 1, method: 'ListTasks', params: {} },
  '/a2a/:id': { jsonrpc: '2.0', id: 1, method: 'ListTasks', params: {} },
  '/mcp': { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list_timers' } },
};

const guarded = routes.filter(({ callers }) => !callers.includes('open'));
/** What an agent calls for itself is refused for any other, whosever that is. */
const isOfAgentAlone = ({ callers }: Route) => callers.every((caller) => caller === 'agent');
const withId = guarded.filter((route) => route.path.includes(':id') && !isOfAgentAlone(route));
const others = guarded.filter(({ path }) => !path.includes(':id'));
const named = (route: Route) => ({ name: `${route.method.toUpperCase()} ${route.path}`, route });

function send(route: Route, id: string, org: CreatedOrg): Promise<Answer> {
  const credential = route.callers.includes('key') ? { key: org.key } : { token: org.adminToken };
  const body = route.body ? (BODIES[route.path] ?? {}) : undefined;
  const path = route.path.replace(':id', id).replace(':key', CANARY).replace(':topic', TOPIC);
  return api.send(path.replace(':messageId', ids.messages ?? ''), {
    method: route.method.toUpperCase(),
    ...credential,
    body,
  });
}

const idFor = ({ path }: Route) => ids[path.split('/')[1] ?? ''] ?? '';
const stable = (headers: Headers) =>
  [...headers].filter(([name]) => !['x-request-id', 'date', 'ratelimit'].includes(name));

describe('another organisation', () => {
  test('there are routes to try it on', () => {
    expect(withId.length).toBeGreaterThanOrEqual(10);
    for (const route of withId) expect(idFor(route)).not.toBe('');
  });

  test.each(withId.map(named))('cannot tell a foreign id from an unknown one: $name', async ({ route }) => {
    const id = idFor(route);
    const unknownId = route.path.startsWith('/deliveries') ? `${newId()}.1.0` : newId();
    const foreign = await send(route, id, second);
    const unknown = await send(route, unknownId, second);
    expect(foreign.status).toBe(404);
    expect(foreign.text.replaceAll(id, unknownId)).toBe(unknown.text);
    expect(stable(foreign.headers)).toEqual(stable(unknown.headers));
  });

  test.each(others.map(named))('never sees what is not its own: $name', async ({ route }) => {
    const answer = await send(route, '', second);
    expect(answer.status).toBeLessThan(500);
    expect(answer.text).not.toContain(CANARY);
    for (const id of Object.values(ids)) expect(answer.text).not.toContain(id);
  });

  test('has changed nothing', async () => {
    const { key, adminToken: token } = first;
    const { timer } = (await api.send(`/timers/${ids.timers}`, { key })).json<{
      timer: { status: string };
    }>();
    expect(timer.status).toBe('scheduled');
    const { delivery } = (await api.send(`/deliveries/${ids.deliveries}`, { key })).json<{
      delivery: { status: string };
    }>();
    expect(delivery.status).toBe('dead');
    expect((await api.send('/subscriptions', { key })).text).toContain(ids.subscriptions);
    expect((await api.send('/api-keys', { token })).text).toContain(ids['api-keys']);
    for (const [path] of REGISTRY) {
      const answer = await api.send(`/${path}/${ids[path]}`, { token });
      // A broker is made and deleted, never changed.
      const revision = path === 'brokers' ? null : '"1"';
      expect([answer.status, answer.headers.get('etag')]).toEqual([200, revision]);
    }
    const schedule = await api.send(`/schedules/${ids.schedules}`, { key });
    expect([schedule.status, schedule.headers.get('etag')]).toEqual([200, '"1"']);
    expect((await api.send(`/tasks/${ids.tasks}`, { key })).text).toContain('"status":"queued"');
    expect((await api.send(`/agents/${ids.agents}/memories`, { key })).text).toContain(`"value":"${CANARY}"`);
    const mail = await api.send(`/agents/${ids.agents}/messages`, { key });
    expect(mail.json()).toMatchObject({ messages: [{ id: ids.messages, receipts: [{ status: 'queued' }] }] });
  });

  test.each(guarded.map(named))('needs a credential of its own from elsewhere: $name', async ({ route }) => {
    const path = route.path.replace(':id', idFor(route));
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    expect((await api.send(path, { method: route.method.toUpperCase(), headers })).status).toBe(401);
  });
});
