import { expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { v7 as newId } from 'uuid';
import type { Db } from '../../src/db/database.js';
import { insertMessage } from '../../src/db/messages.js';
import { ensureOrg } from '../../src/db/orgs.js';
import { adoptMessages, cursorOf, readHistory } from '../../src/db/topic-history.js';
import { describeEachDatabase } from '../support/databases.js';

const FAR = '4000000000';

describeEachDatabase('the history of a topic', (database) => {
  async function anOrg(): Promise<string> {
    const id = `org-${newId()}`;
    await ensureOrg(database().db, { id, name: id, tier: 'pro', webhookSecret: '' });
    return id;
  }
  const publish = (db: Db, orgId: string, id: string) =>
    insertMessage(db, {
      ...{ orgId, id, topic: 'news', sender: 'a', type: 'b', payload: {}, sentAt: 0, replyTo: null },
      ...{ inReplyTo: null, isPublished: true, fingerprint: null, expiresAt: null, createdAt: new Date() },
    });
  const read = async (orgId: string, cursor?: string) =>
    (await readHistory(database().db, { orgId, topic: 'news', cursor, limit: 10 })).map(({ id }) => id);

  test('is read in the order of transactions, and goes on after any message', async () => {
    const orgId = await anOrg();
    const rows = [];
    for (const id of ['one', 'two', 'three']) rows.push(await publish(database().db, orgId, id));
    expect(await read(orgId)).toEqual(['one', 'two', 'three']);
    const [first] = rows;
    expect(first && (await read(orgId, cursorOf(first)))).toEqual(['two', 'three']);
    await expect(read(orgId, 'x')).rejects.toThrow(RangeError);
  });

  test('that a dump brought from another cluster is read as it was, and what is published comes after it', async () => {
    const orgId = await anOrg();
    const old = await publish(database().db, orgId, 'old');
    await sql`update messages set tx = ${FAR}::xid8 where org_id = ${orgId}`.execute(database().db);
    expect(await read(orgId)).toEqual([]);
    expect(await adoptMessages(database().db)).toBe(1);
    await publish(database().db, orgId, 'new');
    expect(await read(orgId)).toEqual(['old', 'new']);
    expect(old && (await read(orgId, `${FAR}-${old.seq}`))).toEqual(['new']);
    expect(await adoptMessages(database().db)).toBe(0);
  });
});

describeEachDatabase('a reader of a topic', (database) => {
  test('never reads past what is still being written', async () => {
    // The embedded database has one connection: nothing is written beside it.
    if (database().kind === 'embedded') return;
    const { db } = database();
    const orgId = `org-${newId()}`;
    await ensureOrg(db, { id: orgId, name: orgId, tier: 'pro', webhookSecret: '' });
    const publish = (on: Db, id: string) =>
      insertMessage(on, {
        ...{ orgId, id, topic: 'news', sender: 'a', type: 'b', payload: {}, sentAt: 0, replyTo: null },
        ...{ inReplyTo: null, isPublished: true, fingerprint: null, expiresAt: null, createdAt: new Date() },
      });
    const read = async () =>
      (await readHistory(db, { orgId, topic: 'news', cursor: undefined, limit: 10 })).map(({ id }) => id);
    await db.transaction().execute(async (slow) => {
      await publish(slow, 'slow');
      await publish(db, 'fast');
      expect(await read()).toEqual([]);
    });
    expect(await read()).toEqual(['slow', 'fast']);
  });
});
