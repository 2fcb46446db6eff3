import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { windowOf } from '../../src/domain/owner.js';
import {
  addTimers,
  cancelTimers,
  moveTimers,
  timersQuery,
  timerWindowId,
} from '../../src/messages/timer-window.js';
import { DEMO_KEY } from '../support/api.js';
import {
  callsTo,
  eventually,
  startMainspring,
  type TestMainspring,
  timerRequest,
} from '../support/mainspring.js';
import { openReceiver, type Receiver } from '../support/receiver.js';

let mainspring: TestMainspring;
let receiver: Receiver;

beforeAll(async () => {
  mainspring = await startMainspring();
  receiver = await openReceiver((request, response) => {
    response.statusCode = request.url?.startsWith('/fails') ? 500 : 200;
    response.end();
  });
}, 60_000);
afterAll(async () => {
  await mainspring.close();
  await receiver.close();
}, 60_000);

const callsAt = (path: string) => receiver.received.filter((call) => call.path === path);
const soon = (ms: number) => new Date(Date.now() + ms).toISOString();

describe('a timer', () => {
  test('calls its webhook once, not before it is due, with a signature that verifies', async () => {
    const secret = await mainspring.send('/webhook-secret', { key: DEMO_KEY });
    const timer = await mainspring.createTimer({
      duration: '400ms',
      ...callsTo(`${receiver.url}/once`, { data: { n: 1 } }),
    });
    const fired = await mainspring.getTimer(timer.id, '10s');
    expect(fired).toMatchObject({ status: 'fired', fireAt: timer.fireAt });
    expect(Date.parse(fired.firedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(timer.fireAt));
    const [call, ...more] = callsAt('/once');
    expect(more).toEqual([]);
    expect(JSON.parse(call?.body ?? '')).toMatchObject({ n: 1, timer_id: timer.id, tenant_id: 'tenant-1' });
    expect(call?.headers['webhook-id']).toBe(`${timer.id}.1.0`);
    const key = Buffer.from(secret.json<{ secret: string }>().secret.slice('whsec_'.length), 'base64');
    const content = `${call?.headers['webhook-id']}.${call?.headers['webhook-timestamp']}.${call?.body}`;
    expect(call?.headers['webhook-signature']).toBe(
      `v1,${createHmac('sha256', key).update(content).digest('base64')}`,
    );
  });

  test('that is created for an armed window fires in time, as does one that is moved into it', async () => {
    const early = await mainspring.createTimer({ duration: '1500ms', ...callsTo(`${receiver.url}/armed`) });
    const late = await mainspring.createTimer({ duration: '3d', ...callsTo(`${receiver.url}/moved`) });
    expect(late.run.workflowId).toMatch(/^timers\/demo\/\d{4}-\d\d-\d\dT\d\d$/);
    await mainspring.post(`/timers/${late.id}/reschedule`, { duration: '500ms' });
    expect(await mainspring.getTimer(late.id, '10s')).toMatchObject({ status: 'fired' });
    expect(await mainspring.getTimer(early.id, '10s')).toMatchObject({ status: 'fired' });
    expect([callsAt('/armed').length, callsAt('/moved').length]).toEqual([1, 1]);
  });

  test('fires now when it is asked to, and can then no longer be changed', async () => {
    const { id } = await mainspring.createTimer({ duration: '1d', ...callsTo(`${receiver.url}/now`) });
    expect((await mainspring.post(`/timers/${id}/fire`, {})).status).toBe(200);
    expect(await mainspring.getTimer(id, '10s')).toMatchObject({ status: 'fired' });
    for (const change of ['fire', 'reset', 'cancel']) {
      const answer = await mainspring.post(`/timers/${id}/${change}`, {});
      expect([answer.status, answer.body.code]).toEqual([409, 'already_firing']);
    }
    expect(callsAt('/now')).toHaveLength(1);
  });

  test('starts its duration anew when it is reset', async () => {
    const { id, fireAt } = await mainspring.createTimer({
      duration: '2s',
      ...callsTo(`${receiver.url}/reset`),
    });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const reset = await mainspring.post(`/timers/${id}/reset`, {});
    expect(reset.status).toBe(200);
    const fired = await mainspring.getTimer(id, '10s');
    expect(Date.parse(fired.firedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(fireAt) + 900);
    expect(callsAt('/reset')).toHaveLength(1);
  });

  test('repeats at its rate, as often as it should, under another id each time', async () => {
    const repeat = { every: '1s', count: 3 };
    const { id } = await mainspring.createTimer({
      duration: '300ms',
      repeat,
      ...callsTo(`${receiver.url}/repeat`),
    });
    const fired = await eventually(
      () => mainspring.getTimer(id),
      ({ status }) => status === 'fired',
    );
    expect(callsAt('/repeat').map(({ headers }) => headers['webhook-id'])).toEqual([
      `${id}.1.0`,
      `${id}.2.0`,
      `${id}.3.0`,
    ]);
    expect(fired.deliveries).toHaveLength(3);
  });

  test('starts another timer, whose webhook keeps its secret header', async () => {
    const child = {
      type: 'timer',
      duration: '200ms',
      ...callsTo(`${receiver.url}/child`, { headers: { 'X-Token': 'very-secret' } }),
    };
    const { id } = await mainspring.createTimer({ duration: '200ms', actionBundle: { actions: [child] } });
    await eventually(
      () => callsAt('/child'),
      (calls) => calls.length > 0,
    );
    expect(callsAt('/child')[0]?.headers['x-token']).toBe('very-secret');
    expect(JSON.stringify(await mainspring.getTimer(`${id}.1.0`))).not.toContain('very-secret');
  });

  test('whose delivery dies is failed, and its escalation was called', async () => {
    const action = {
      type: 'webhook',
      url: `${receiver.url}/fails`,
      escalation: { afterAttempts: 2, action: { type: 'webhook', url: `${receiver.url}/escalated` } },
    };
    const retryPolicy = { maxAttempts: 3, backoffInitialMs: 100, maxBackoffMs: 100 };
    const { id } = await mainspring.createTimer({
      duration: '200ms',
      actionBundle: { actions: [action], retryPolicy },
    });
    const failed = await eventually(
      () => mainspring.getTimer(id),
      ({ status }) => status === 'failed',
    );
    expect(callsAt('/fails')).toHaveLength(3);
    expect(new Set(callsAt('/fails').map(({ body }) => body)).size).toBe(1);
    await eventually(
      () => callsAt('/escalated'),
      (calls) => calls.length === 1,
    );
    expect(failed.deliveries.find((delivery) => delivery.id === `${id}.1.0`)).toMatchObject({
      status: 'dead',
      attemptCount: 3,
    });
  });
});

test('of 1,000 timers that are cancelled around their due moment, each is cancelled or called, never both', async () => {
  const due = Date.now() + 6_000;
  const fireAt = new Date(due).toISOString();
  const timers = Array.from({ length: 1_000 }, () =>
    timerRequest({ fireAt, ...callsTo(`${receiver.url}/contested`) }),
  );
  const created = await mainspring.send('/timers/batch', { key: DEMO_KEY, body: { timers } });
  const ids = created.json<{ timers: { id: string }[] }>().timers.map(({ id }) => id);
  await new Promise((resolve) => setTimeout(resolve, due - 400 - Date.now()));
  const statuses = new Map<string, number>();
  const queue = [...ids];
  const cancelInTurn = async () => {
    for (let id = queue.shift(); id; id = queue.shift()) {
      statuses.set(
        id,
        (await mainspring.post(`/timers/${id}/cancel`, { reason: 'no longer needed' })).status,
      );
    }
  };
  await Promise.all(Array.from({ length: 8 }, cancelInTurn));
  const cancelled = ids.filter((id) => statuses.get(id) === 200);
  const refused = ids.filter((id) => statuses.get(id) === 409);
  expect(cancelled.length + refused.length).toBe(1_000);
  expect(Math.min(cancelled.length, refused.length)).toBeGreaterThan(0);
  await eventually(
    () => callsAt('/contested').length,
    (count) => count >= refused.length,
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  const called = callsAt('/contested').map(({ body }) => JSON.parse(body).timer_id);
  expect(called.sort()).toEqual(refused.sort());
}, 60_000);

test('an action cannot signal what the API guards: windows and endpoints, or another organisation', async () => {
  for (const workflowId of [
    'timers/demo/2030-01-31T09:00:00.000Z',
    'endpoint/demo/log',
    'order/other/7',
    'x',
  ]) {
    const actionBundle = { actions: [{ type: 'signal', workflowId, signal: 'cancelTimers', args: [] }] };
    const { status, body } = await mainspring.post('/timers', timerRequest({ actionBundle }));
    expect([status, body.errors]).toEqual([
      422,
      [{ path: 'actionBundle.actions.0.workflowId', message: expect.any(String) }],
    ]);
  }
});

describe('other services', () => {
  const orgId = 'demo';

  test('add, move and cancel timers by signal, and query a window', async () => {
    const fireAt = soon(120_000);
    const startsAt = windowOf(new Date(fireAt)).toISOString();
    const add = (id: string, path: string) => ({
      id,
      ...timerRequest({ fireAt, ...callsTo(`${receiver.url}${path}`) }),
    });
    const handle = await mainspring.workflows.signalWithStart('timerWindow', {
      workflowId: timerWindowId({ orgId, startsAt }),
      taskQueue: 'timers',
      args: [{ orgId, startsAt }],
      signal: addTimers,
      // A signal may come twice: the ids make it one timer each.
      signalArgs: [[add('s-1', '/signalled'), add('s-2', '/signalled-2'), add('s-1', '/signalled')] as never],
    });
    await eventually(
      () => handle.query(timersQuery),
      ({ next }) => next.length === 2,
    );
    await handle.signal(cancelTimers, [{ id: 's-2', reason: 'by signal' }]);
    await handle.signal(moveTimers, [{ id: 's-1', fireAt: soon(1_000) }]);
    expect(
      await eventually(
        () => mainspring.getTimer('s-1'),
        ({ status }) => status === 'fired',
      ),
    ).toMatchObject({ id: 's-1' });
    expect(await mainspring.getTimer('s-2')).toMatchObject({
      status: 'cancelled',
      cancelReason: 'by signal',
    });
    expect([callsAt('/signalled').length, callsAt('/signalled-2').length]).toEqual([1, 0]);
  });

  test('that signal something broken break nothing', async () => {
    const fireAt = soon(180_000);
    const startsAt = windowOf(new Date(fireAt)).toISOString();
    const handle = await mainspring.workflows.signalWithStart('timerWindow', {
      workflowId: timerWindowId({ orgId, startsAt }),
      taskQueue: 'timers',
      args: [{ orgId, startsAt }],
      signal: addTimers,
      signalArgs: ['not even a list' as never],
    });
    await handle.signal(cancelTimers, [null, { id: 7 }] as never);
    await handle.signal(moveTimers, [{ id: 'fine', fireAt: '1999-01-01T00:00:00Z' }]);
    const nul = { id: 'nul', ...timerRequest({ fireAt, name: 'a\u0000b' }) };
    await handle.signal(addTimers, [
      { id: '../x' },
      null,
      nul,
      { id: 'fine', ...timerRequest({ fireAt }) },
    ] as never);
    await eventually(
      () => mainspring.send('/timers/fine', { key: DEMO_KEY }),
      ({ status }) => status === 200,
    );
    expect((await handle.describe()).status.name).toBe('RUNNING');
  });

  test('read in the Web UI what a window holds', async () => {
    const timer = await mainspring.createTimer({ fireAt: soon(300_000), name: 'seen by people' });
    const handle = mainspring.workflows.getHandle(timer.run.workflowId);
    const { next } = await eventually(
      () => handle.query(timersQuery),
      (state) => state.next.length > 0,
    );
    expect(next).toContainEqual({ id: timer.id, name: 'seen by people', fireAt: timer.fireAt });
    const { searchAttributes } = await handle.describe();
    expect(searchAttributes).toMatchObject({ MsOrg: ['demo'], MsKind: ['window'] });
  });
});
