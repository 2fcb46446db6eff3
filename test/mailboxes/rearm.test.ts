import { expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import { lockAgent } from '../../src/db/agents.js';
import type { Database } from '../../src/db/database.js';
import { getReceipt } from '../../src/db/messages.js';
import { deleteEnded } from '../../src/db/retention.js';
import { insertTask } from '../../src/db/tasks.js';
import { createMailboxes } from '../../src/mailboxes/mailboxes.js';
import { rearmMail } from '../../src/mailboxes/rearm.js';
import { settleMail } from '../../src/mailboxes/settle.js';
import { takeMail } from '../../src/mailboxes/take.js';
import { anAgent } from '../support/agents.js';
import { describeEachDatabase } from '../support/databases.js';

const MINUTE_MS = 60_000;
type Agent = Awaited<ReturnType<typeof anAgent>>;

/** Notes who was asked for. */
function aStarter() {
  const asked: string[] = [];
  return {
    asked,
    ensureMailbox: async ({ agentId }: { agentId: string }) => void asked.push(agentId),
    wakeMailbox: () => undefined,
    tellMailbox: async () => undefined,
    ensureEndpoint: async () => undefined,
    wakeEndpoint: () => undefined,
  };
}

const send = async (database: Database, agent: Agent, over: { at: Date; expiresAt?: Date }) => {
  const id = newId();
  await createMailboxes({ database, starter: aStarter() }).send(
    {
      ...{ orgId: agent.org_id, id, topic: null, sender: 'a', type: 'b', payload: {}, sentAt: 0 },
      ...{ replyTo: null, inReplyTo: null, isPublished: false, fingerprint: null },
      ...{ expiresAt: over.expiresAt ?? null, createdAt: over.at },
    },
    { kind: 'agent', agentId: agent.id },
  );
  return id;
};
const take = ({ db }: Database, agent: Agent, leaseMs: number | null, at: Date) =>
  db.transaction().execute(async (tx) => {
    const row = await lockAgent(tx, agent.org_id, agent.id);
    if (!row) throw new Error('there is no such agent');
    return takeMail(tx, row, { max: 10, leaseMs, at });
  });
const statusOf = async ({ db }: Database, agent: Agent, messageId: string) =>
  (await getReceipt(db, { orgId: agent.org_id, agentId: agent.id, messageId }))?.status;

describeEachDatabase('the sweep', (database) => {
  test('ends what is too old and takes back what was leased too long, though nobody reads', async () => {
    const [at, now] = [new Date(Date.now() - 10 * MINUTE_MS), new Date()];
    const before = new Date(now.getTime() - MINUTE_MS);
    const agent = await anAgent(database(), { lifecycle: 'running' });
    const held = await send(database(), agent, { at });
    await take(database(), agent, MINUTE_MS, at);
    await database().db.updateTable('agents').set({ lifecycle: 'paused' }).execute();
    const old = await send(database(), agent, { at, expiresAt: new Date(at.getTime() + MINUTE_MS) });
    const young = await send(database(), agent, { at, expiresAt: new Date(now.getTime() + MINUTE_MS) });
    const starter = aStarter();
    expect(await rearmMail({ database: database(), starter }, { now, before })).toBe(1);
    const statuses = [held, old, young].map((id) => statusOf(database(), agent, id));
    expect(await Promise.all(statuses)).toEqual(['queued', 'dead', 'queued']);
    expect(await rearmMail({ database: database(), starter }, { now, before })).toBe(0);
    expect(starter.asked).not.toContain(agent.id);
  });

  test('asks for the mailboxes of agents that are handled here, once their mail is late', async () => {
    const [at, now] = [new Date(Date.now() - 10 * MINUTE_MS), new Date()];
    const handled = { lifecycle: 'running', handler: { type: 'chat' } } as const;
    const [waits, works, idle, paused, elsewhere, fresh] = [
      await anAgent(database(), handled),
      await anAgent(database(), handled),
      await anAgent(database(), handled),
      await anAgent(database(), { ...handled, lifecycle: 'paused' }),
      await anAgent(database(), { lifecycle: 'running' }),
      await anAgent(database(), handled),
    ];
    for (const agent of [waits, works, paused, elsewhere]) await send(database(), agent, { at });
    await take(database(), works, null, at);
    const lost = await anAgent(database(), { lifecycle: 'paused' });
    const [busy, task] = [await anAgent(database(), handled), newId()];
    for (const agent of [lost, busy]) {
      await database()
        .db.updateTable('agents')
        .set({ lifecycle: 'running' })
        .where('id', '=', agent.id)
        .execute();
      for (let count = 0; count < 2; count++) await send(database(), agent, { at });
      await take(database(), { ...agent, lifecycle: 'running' }, null, at);
    }
    await insertTask(database().db, {
      ...{ orgId: busy.org_id, id: task, agent: busy, method: null, prompt: 'x', input: {}, priority: 5 },
      ...{ userId: null, sessionId: null, metadata: {}, timeoutMs: 60_000, parent: null, fingerprint: null },
      createdAt: at,
    });
    await database()
      .db.updateTable('receipts')
      .set({ task_id: task })
      .where('agent_id', '=', busy.id)
      .execute();
    await send(database(), fresh, { at: now });
    const starter = aStarter();
    await rearmMail({ database: database(), starter }, { now, before: new Date(now.getTime() - MINUTE_MS) });
    for (const agent of [waits, works, lost]) expect(starter.asked).toContain(agent.id);
    for (const agent of [idle, paused, elsewhere, fresh, busy]) expect(starter.asked).not.toContain(agent.id);
  });
});

describeEachDatabase('messages', (database) => {
  test('are kept until they have ended everywhere, and for the retention after that', async () => {
    const at = new Date(Date.now() - 10 * MINUTE_MS);
    const agent = await anAgent(database(), { lifecycle: 'running' });
    const [ended, open] = [await send(database(), agent, { at }), await send(database(), agent, { at })];
    const { taken } = await take(database(), agent, MINUTE_MS, at);
    const outcome = { kind: 'processed', reply: null, replyId: null } as const;
    for (const mail of taken) await settleMail(database().db, { agent, ...mail }, outcome, at);
    await deleteEnded(database().db, { before: at, limit: 10 });
    expect(await statusOf(database(), agent, ended)).toBe('processed');
    await deleteEnded(database().db, { before: new Date(), limit: 10 });
    expect(await statusOf(database(), agent, ended)).toBeUndefined();
    expect(await statusOf(database(), agent, open)).toBe('queued');
  });
});

describeEachDatabase('taking mail', (database) => {
  test('tells when to look again though nobody says so', async () => {
    const at = new Date();
    const agent = await anAgent(database(), { lifecycle: 'running' });
    await send(database(), agent, { at });
    await send(database(), agent, { at });
    const held = await take(database(), agent, MINUTE_MS, at);
    expect(held).toMatchObject({ queued: 1, nextAt: new Date(at.getTime() + MINUTE_MS) });
    const [mail] = held.taken;
    if (!mail) throw new Error('nothing was taken');
    const retryAt = new Date(at.getTime() + 2 * MINUTE_MS);
    const outcome = { kind: 'refused', error: 'no', retryAt } as const;
    await settleMail(database().db, { agent, ...mail }, outcome, at);
    expect(await take(database(), agent, MINUTE_MS, at)).toEqual({ taken: [], queued: 2, nextAt: retryAt });
    const here = await take(database(), agent, null, retryAt);
    expect(here.taken.map(({ message }) => message.id)).toEqual([mail.message.id]);
    // Held for as long as it takes.
    expect(here.nextAt).toBeNull();
  });

  test('gives hundreds in their order, over many times', async () => {
    const at = new Date();
    const agent = await anAgent(database(), { lifecycle: 'running', concurrency: 7 });
    const ids: string[] = [];
    for (let number = 0; number < 60; number++) ids.push(await send(database(), agent, { at }));
    const seen: string[] = [];
    const outcome = { kind: 'processed', reply: null, replyId: null } as const;
    for (;;) {
      const { taken } = await take(database(), agent, MINUTE_MS, at);
      if (taken.length === 0) break;
      expect(taken.length).toBeLessThanOrEqual(7);
      seen.push(...taken.map(({ message }) => message.id));
      for (const mail of taken) await settleMail(database().db, { agent, ...mail }, outcome, at);
    }
    expect(seen).toEqual(ids);
  });
});
