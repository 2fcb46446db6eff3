import { expect, test } from '@jest/globals';
import { lockAgent } from '../../src/db/agents.js';
import type { Database } from '../../src/db/database.js';
import { readEvents } from '../../src/db/events.js';
import { getReceipt, type NewMessage } from '../../src/db/messages.js';
import { type Addressee, createMailboxes } from '../../src/mailboxes/mailboxes.js';
import { takeMail } from '../../src/mailboxes/take.js';
import { anAgent } from '../support/agents.js';
import { describeEachDatabase } from '../support/databases.js';
import { aMessage } from '../support/handled-mail.js';

type Agent = Awaited<ReturnType<typeof anAgent>>;

const nothing = async () => undefined;
const starter = {
  ...{ ensureMailbox: nothing, wakeMailbox: () => undefined, ensureEndpoint: nothing },
  wakeEndpoint: () => undefined,
};

describeEachDatabase('an agent with its hands full', (database) => {
  const send = (agent: Agent, over: Partial<NewMessage> = {}, kind: 'agent' | 'copy' = 'agent') => {
    const addressee: Addressee = { kind, agentId: agent.id };
    return createMailboxes({ database: database(), starter }).send(
      aMessage({ orgId: agent.org_id, ...over }),
      addressee,
    );
  };
  async function sent(agent: Agent, over: Partial<NewMessage> = {}): Promise<string> {
    const sending = await send(agent, over);
    if (sending.kind !== 'accepted') throw new Error(`not accepted: ${sending.kind}`);
    return sending.message.id;
  }
  const take = ({ db }: Database, agent: Agent) =>
    db.transaction().execute(async (tx) => {
      const row = await lockAgent(tx, agent.org_id, agent.id);
      if (!row) throw new Error('there is no such agent');
      return takeMail(tx, row, { max: 10, leaseMs: 60_000, at: new Date() });
    });
  const statusOf = async (agent: Agent, messageId: string) =>
    (await getReceipt(database().db, { orgId: agent.org_id, agentId: agent.id, messageId }))?.status;

  test.each(['reject', 'interrupt'] as const)('(%s) gets answers, and goes on', async (busy_policy) => {
    const agent = await anAgent(database(), { lifecycle: 'running', busy_policy });
    const asked = await sent(agent);
    await take(database(), agent);
    const answer = await sent(agent, { inReplyTo: 'a-question' });
    expect(await Promise.all([asked, answer].map((id) => statusOf(agent, id)))).toEqual([
      'delivered',
      'queued',
    ]);
  });

  test('gives up no more than it must, and what came first', async () => {
    const agent = await anAgent(database(), {
      ...{ lifecycle: 'running', busy_policy: 'interrupt', concurrency: 2 },
    });
    const held = [await sent(agent), await sent(agent)];
    await take(database(), agent);
    const next = await sent(agent);
    const statuses = await Promise.all([...held, next].map((id) => statusOf(agent, id)));
    expect(statuses).toEqual(['failed', 'delivered', 'queued']);
  });

  test('is not busy with the very message that is sent again', async () => {
    for (const busy_policy of ['reject', 'interrupt'] as const) {
      const agent = await anAgent(database(), { lifecycle: 'running', busy_policy });
      const message = aMessage({ orgId: agent.org_id, fingerprint: 'the same' });
      const sendings = await Promise.all([1, 2, 3].map(() => send(agent, message)));
      expect(sendings.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted']);
      expect(await statusOf(agent, message.id)).toBe('queued');
    }
  });

  test('keeps nothing of what it does not take', async () => {
    const agent = await anAgent(database(), { lifecycle: 'running', busy_policy: 'reject' });
    await sent(agent);
    const message = aMessage({ orgId: agent.org_id, fingerprint: 'the same' });
    expect(await send(agent, message)).toEqual({ kind: 'busy' });
    await take(database(), agent);
    await database().db.updateTable('agents').set({ concurrency: 2 }).where('id', '=', agent.id).execute();
    expect(await send(agent, message)).toMatchObject({ kind: 'accepted', wasNew: true });
  });

  test('is told of a copy that comes twice once', async () => {
    const agent = await anAgent(database(), { lifecycle: 'running' });
    const message = aMessage({ orgId: agent.org_id, topic: 'news', isPublished: true });
    await Promise.all([1, 2, 3].map(() => send(agent, message, 'copy')));
    const wish = { orgId: agent.org_id, cursor: undefined, limit: 100, type: 'message.received' } as const;
    expect(await readEvents(database().db, wish)).toHaveLength(1);
  });
});

describeEachDatabase('a message on a topic', (database) => {
  const publish = (over: Partial<NewMessage> & { orgId: string }, addressee: Addressee = { kind: 'topic' }) =>
    createMailboxes({ database: database(), starter }).send(
      aMessage({ topic: 'news', isPublished: true, ...over }),
      addressee,
    );
  const has = async ({ id: agentId, org_id: orgId }: Agent, messageId: string) =>
    (await getReceipt(database().db, { orgId, agentId, messageId })) !== undefined;

  test('is heard by an agent of the same name as its sender, and not by the agent that sends it', async () => {
    const agent = await anAgent(database(), { lifecycle: 'running', name: 'api', topics: ['#'] });
    const { org_id: orgId } = agent;
    const heard = aMessage({ orgId, sender: 'api', topic: 'news', isPublished: true });
    await publish(heard);
    const own = aMessage({
      ...{ orgId, sender: 'api', senderAgentId: agent.id, topic: 'news', isPublished: true },
    });
    await publish(own);
    // As a broker brings it back.
    await publish({ ...own, senderAgentId: null }, { kind: 'copy', agentId: agent.id });
    expect([await has(agent, heard.id), await has(agent, own.id)]).toEqual([true, false]);
  });
});
