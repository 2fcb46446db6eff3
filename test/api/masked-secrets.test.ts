import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { timerRequest } from '../support/mainspring.js';
import { startTaskApi, type TaskApi } from '../support/task-api.js';
import { newVault } from '../support/vault.js';

let api: TaskApi;
let org: CreatedOrg;
beforeAll(async () => {
  api = await startTaskApi();
  org = await api.org();
  await api.surveyor(org, { name: 'scout' });
});
afterAll(() => api.close());

const send = (path: string, body?: object, method?: string) =>
  api.send(path, { key: org.key, ...(body ? { body } : {}), ...(method ? { method } : {}) });
const TASK = { agent_name: 'scout', prompt: 'What is new?' };
const SCHEDULE = { agent_name: 'scout', interval_seconds: 86_400 };
const HOOK = 'https://user:hunter2@a.example/x?sig=hunter2';
const MASKED = 'https://***:***@a.example/x?sig=***';
const toHook = (webhook_url: string) => ({ delivery: { channel: 'webhook', webhook_url } });
const refusalOf = async (path: string, body: object, method?: string) => {
  const answer = await send(path, body, method);
  return answer.status === 422 ? answer.problem().errors?.map((error) => error.path) : answer.status;
};

describe('the mask of a secret that is sent back is refused by its field', () => {
  test('in a task', async () => {
    expect(await refusalOf('/tasks', { ...TASK, ...toHook(MASKED) })).toEqual(['delivery.webhook_url']);
    const several = [{ channel: 'log' }, toHook('https://a.example/?token=***').delivery];
    expect(await refusalOf('/tasks', { ...TASK, delivery: several })).toEqual(['delivery.1.webhook_url']);
  });

  test('in a schedule, which keeps what it had', async () => {
    const made = await send('/schedules', { ...SCHEDULE, ...toHook(HOOK) });
    const { schedule } = made.json<{ schedule: { id: string; delivery: object[] } }>();
    expect(schedule.delivery).toEqual([toHook(MASKED).delivery]);
    const change = { delivery: schedule.delivery };
    expect(await refusalOf(`/schedules/${schedule.id}`, change, 'PATCH')).toEqual(['delivery.webhook_url']);
    const rows = api.database.db.selectFrom('schedules').select('delivery').where('id', '=', schedule.id);
    const [stored] = (await rows.executeTakeFirstOrThrow()).delivery;
    expect(stored?.channel === 'webhook' && api.vault.open(stored.webhook_url)).toBe(HOOK);
  });

  test('in a timer, and in what it escalates to', async () => {
    const webhook = { type: 'webhook', url: MASKED };
    const withHeader = { type: 'webhook', url: 'https://a.example/', headers: { 'X-Key': '***' } };
    const escalation = { afterAttempts: 1, action: webhook };
    const actions = [webhook, withHeader, { type: 'log', escalation }];
    expect(await refusalOf('/timers', timerRequest({ actionBundle: { actions } }))).toEqual([
      'actionBundle.actions.0.url',
      'actionBundle.actions.1.headers.X-Key',
      'actionBundle.actions.2.escalation.action.url',
    ]);
  });

  test('and a URL that only looks a little like one is taken', async () => {
    expect(await refusalOf('/tasks', { ...TASK, ...toHook('https://a.example/***?q=***') })).toBe(202);
  });
});

describe('a secret whose key is gone reads as a mask, and nothing fails for it', () => {
  const gone = newVault();
  const stored = [{ channel: 'webhook' as const, webhook_url: gone.seal(HOOK) }];
  const shown = [{ channel: 'webhook', webhook_url: '***' }];

  test('in tasks: read, listed, cancelled', async () => {
    const { task_id: id } = (await send('/tasks', { ...TASK, session_id: 'gone' })).json<{
      task_id: string;
    }>();
    await api.database.db
      .updateTable('tasks')
      .set({ delivery: JSON.stringify(stored) })
      .where('id', '=', id)
      .execute();
    expect((await send(`/tasks/${id}`)).json()).toMatchObject({ task: { delivery: shown } });
    expect((await send('/tasks?session_id=gone')).json()).toMatchObject({ tasks: [{ delivery: shown }] });
    const cancelled = await send(`/tasks/${id}/cancel`, {});
    expect([cancelled.status, cancelled.json()]).toMatchObject([200, { task: { status: 'cancelled' } }]);
  });

  test('in schedules: read, listed, paused', async () => {
    const made = await send('/schedules', { ...SCHEDULE, name: 'gone' });
    const { id } = made.json<{ schedule: { id: string } }>().schedule;
    await api.database.db
      .updateTable('schedules')
      .set({ delivery: JSON.stringify(stored) })
      .where('id', '=', id)
      .execute();
    expect((await send(`/schedules/${id}`)).json()).toMatchObject({ schedule: { delivery: shown } });
    expect((await send('/schedules')).status).toBe(200);
    expect((await send(`/schedules/${id}/pause`, {})).json()).toMatchObject({ schedule: { enabled: false } });
  });

  test('in timers and subscriptions', async () => {
    const { id } = (await send('/timers', timerRequest())).json<{ timer: { id: string } }>().timer;
    const action = { type: 'webhook', url: gone.seal(HOOK), method: 'POST' };
    await api.database.db
      .updateTable('timers')
      .set({ action_bundle: JSON.stringify({ actions: [action] }) })
      .where('id', '=', id)
      .execute();
    const made = await send('/subscriptions', { url: 'https://a.example/', types: ['timer.fired'] });
    expect(made.status).toBe(201);
    await api.database.db
      .updateTable('subscriptions')
      .set({ url: gone.seal(HOOK) })
      .execute();
    expect((await send(`/timers/${id}`)).json()).toMatchObject({
      timer: { actionBundle: { actions: [{ type: 'webhook', url: '***' }] } },
    });
    expect((await send('/timers')).status).toBe(200);
    expect((await send('/subscriptions')).json()).toMatchObject({ subscriptions: [{ url: '***' }] });
  });
});
