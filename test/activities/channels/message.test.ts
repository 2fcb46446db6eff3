import { describe, expect, test } from '@jest/globals';
import { createMessageChannel } from '../../../src/activities/channels/message.js';
import { getMessage, receiptsOf } from '../../../src/db/messages.js';
import { createMailboxes } from '../../../src/mailboxes/mailboxes.js';
import { Action } from '../../../src/schemas/action.js';
import { anAgent } from '../../support/agents.js';
import { describeEachDatabase, silentLog } from '../../support/databases.js';
import { aDelivery, outgoing } from '../../support/deliveries.js';

const nobody = async () => undefined;
const starter = {
  ...{ ensureMailbox: nobody, tellMailbox: nobody, ensureEndpoint: nobody },
  ...{ wakeMailbox: () => undefined, wakeEndpoint: () => undefined },
};

describeEachDatabase('a message of a timer', (database) => {
  const send = (orgId: string, request: { agentId?: string; topic?: string }, id = 'timer-1.1.0') => {
    const mailboxes = createMailboxes({ database: database(), starter });
    const channel = createMessageChannel({ mailboxes, log: silentLog });
    const body = JSON.stringify({ step: 3, timer_id: 'timer-1' });
    const delivery = aDelivery({ orgId, id, channel: 'message', receiver: 'message', body });
    return channel.deliver(outgoing({ ...delivery, request: { ...request, messageType: 'reminder' } }));
  };

  test('is in the mailbox of its agent once, however often it is attempted', async () => {
    const agent = await anAgent(database());
    const orgId = agent.org_id;
    for (const _ of [1, 2])
      expect(await send(orgId, { agentId: agent.id })).toEqual({
        kind: 'delivered',
        answer: 'message timer-1.1.0',
      });
    const message = await getMessage(database().db, orgId, 'timer-1.1.0');
    expect(message).toMatchObject({
      ...{ type: 'reminder', sender: 'mainspring', payload: { step: 3, timer_id: 'timer-1' } },
    });
    const receipts = await receiptsOf(database().db, orgId, ['timer-1.1.0'], 10);
    expect(receipts).toMatchObject([{ agent_id: agent.id, status: 'queued' }]);
  });

  test('reaches every subscriber of its topic', async () => {
    const first = await anAgent(database(), { topics: ['jobs.*'] });
    const orgId = first.org_id;
    await anAgent(database(), { orgId, topics: ['other'] });
    const second = await anAgent(database(), { orgId, topics: ['jobs.#'] });
    await send(orgId, { topic: 'jobs.daily' });
    const receipts = await receiptsOf(database().db, orgId, ['timer-1.1.0'], 10);
    expect(receipts.map(({ agent_id: id }) => id).sort()).toEqual([first.id, second.id].sort());
  });

  test('to an agent that is not there is dead, to one that wants none now is tried again', async () => {
    const agent = await anAgent(database(), { busy_policy: 'reject' });
    expect(await send(agent.org_id, { agentId: 'nobody' })).toEqual({ kind: 'dead', error: 'unknown_agent' });
    await send(agent.org_id, { agentId: agent.id }, 'timer-2.1.0');
    expect(await send(agent.org_id, { agentId: agent.id }, 'timer-3.1.0')).toEqual({
      kind: 'retry',
      error: 'agent_busy',
    });
  });
});

describe('the action', () => {
  test.each([
    [{}, false],
    [{ agentId: 'a', topic: 'b' }, false],
    [{ agentId: 'a' }, true],
    [{ topic: 'jobs.daily' }, true],
    [{ topic: 'jobs.*' }, false],
  ])('%j is one: %s', (to, isOne) => {
    expect(Action.safeParse({ type: 'message', ...to }).success).toBe(isOne);
  });
});
