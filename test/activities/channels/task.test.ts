import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createTaskChannel } from '../../../src/activities/channels/task.js';
import { readConfig } from '../../../src/config.js';
import { getTask } from '../../../src/db/tasks.js';
import { sealedDelivery } from '../../../src/domain/delivery-secrets.js';
import { Action } from '../../../src/schemas/action.js';
import { createTasks } from '../../../src/tasks/tasks.js';
import { anAgent } from '../../support/agents.js';
import { describeEachDatabase, silentLog } from '../../support/databases.js';
import { aDelivery, outgoing } from '../../support/deliveries.js';
import { newVault } from '../../support/vault.js';

const vault = newVault();
const config = readConfig({ REDIS_ORG: 'demo' });

describeEachDatabase('a task of a timer', (database) => {
  const give = async (orgId: string, over: object, id = `${randomUUID()}.1.0`) => {
    const starter = {
      ...{ startTask: async () => undefined, ensureEndpoint: async () => undefined },
      ...{
        tryCancelTask: async () => undefined,
        wakeEndpoint: () => undefined,
        wakeMailbox: () => undefined,
      },
    };
    const tasks = createTasks({ database: database(), starter, vault, config });
    const guard = { allow: [], allowLoopback: true };
    const catalogue = { agents: [] };
    const { db } = database();
    const channel = createTaskChannel({ tasks, db, catalogue, vault, guard, config, log: silentLog });
    const asked = {
      agent_name: 'scout',
      prompt: 'What is new?',
      priority: 3,
      input: {},
      delivery: [],
      ...over,
    };
    const body = JSON.stringify({ metadata: { timer_id: 'timer-1' }, ...asked });
    const delivery = aDelivery({ orgId, id, channel: 'task', receiver: 'task', body });
    const attempt = () => channel.deliver(outgoing({ ...delivery, request: {} }));
    return { id, attempt, task: () => getTask(db, orgId, id) };
  };

  test('is given once, under the id of its delivery, however often it is attempted', async () => {
    const { org_id: orgId } = await anAgent(database(), { name: 'scout' });
    const { id, attempt, task } = await give(orgId, {});
    for (const _ of [1, 2]) expect(await attempt()).toEqual({ kind: 'delivered', answer: `task ${id}` });
    expect(await task()).toMatchObject({
      ...{ prompt: 'What is new?', priority: 3, status: 'queued', metadata: { timer_id: 'timer-1' } },
    });
  });

  test('has the secrets of where its result goes sealed, not twice', async () => {
    const { org_id: orgId } = await anAgent(database(), { name: 'scout' });
    const telegram = { channel: 'telegram' as const, telegram_bot_token: '1:hunter2', telegram_chat_id: 7 };
    const { attempt, task } = await give(orgId, { delivery: [sealedDelivery(telegram, vault)] });
    expect(await attempt()).toMatchObject({ kind: 'delivered' });
    const [stored] = (await task())?.delivery ?? [];
    if (stored?.channel !== 'telegram') throw new Error('it goes somewhere else');
    expect(vault.open(stored.telegram_bot_token)).toBe('1:hunter2');
  });

  test('for an agent that is not there is dead, for one that takes none now is tried again', async () => {
    const agent = await anAgent(database(), { name: 'scout', is_suspended: true });
    const unknown = await give(agent.org_id, { agent_name: 'nobody' });
    expect(await unknown.attempt()).toEqual({
      ...{ kind: 'dead', error: 'agent_name is not the name of an agent' },
    });
    const suspended = await give(agent.org_id, {});
    expect(await suspended.attempt()).toEqual({ kind: 'retry', error: 'agent_unavailable' });
  });
});

describe('the action', () => {
  test.each([
    [{ agent_name: 'scout' }, false],
    [{ prompt: 'What is new?' }, false],
    [{ agent_name: 'scout', prompt: 'What is new?' }, true],
    [{ agent_name: 'scout', method_name: 'survey', input: { wide: true } }, true],
    [{ agent_name: 'scout', prompt: 'What is new?', task_id: 'mine' }, false],
    [{ agent_name: 'scout', prompt: 'What is new?', delivery: { channel: 'email' } }, false],
  ])('%j is one: %s', (asked, isOne) => {
    expect(Action.safeParse({ type: 'task', ...asked }).success).toBe(isOne);
  });
});
