import { afterEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { migrate } from '../../src/db/migrate.js';
import { notify } from '../../src/db/notify.js';
import { describeEachDatabase } from '../support/databases.js';
import { until } from '../support/until.js';

describeEachDatabase('a database', (database) => {
  const endings: (() => void)[] = [];
  afterEach(() => {
    for (const end of endings.splice(0)) end();
  });

  test('reads bigint as number, json as value, timestamptz as Date, a transaction id as text', async () => {
    const { rows } = await sql`
      select 9007199254740991::bigint as number, '{"b": 1, "a": [2]}'::json as json,
        '2030-01-31T09:00:00.123+02:00'::timestamptz as at, '18446744073709551615'::xid8 as tx, count(*)
      from orgs`.execute(database().db);
    const at = new Date('2030-01-31T07:00:00.123Z');
    expect(rows).toEqual([
      { number: 9007199254740991, json: { b: 1, a: [2] }, at, tx: '18446744073709551615', count: 0 },
    ]);
  });

  test('an error of a statement keeps its code, constraint and detail', async () => {
    const insert = sql`insert into endpoints (org_id, receiver, state) values ('o', 'r', ${'ajar'})`;
    await expect(insert.execute(database().db)).rejects.toMatchObject({
      code: '23514',
      constraint: 'endpoints_state_check',
      detail: expect.stringContaining('ajar'),
      message: expect.stringContaining('endpoints_state_check'),
    });
  });

  test('a transaction that throws leaves nothing', async () => {
    const { db } = database();
    const broken = db.transaction().execute(async (tx) => {
      await tx.insertInto('windows').values({ org_id: 'undone', starts_at: new Date(), epoch: 1 }).execute();
      throw new Error('no');
    });
    await expect(broken).rejects.toThrow('no');
    await expect(
      db.selectFrom('windows').selectAll().where('org_id', '=', 'undone').execute(),
    ).resolves.toEqual([]);
  });

  test('a notice reaches every listener of its channel once it is committed, and no other', async () => {
    const { db, listen } = database();
    const heard: string[] = [];
    endings.push(listen('ended', (payload) => heard.push(`first ${payload}`)));
    endings.push(listen('ended', (payload) => heard.push(`second ${payload}`)));
    endings.push(listen('keys', () => heard.push('wrong channel')));
    await db.transaction().execute(async (tx) => {
      await notify(tx, 'ended', 'timer-1');
      expect(heard).toEqual([]);
    });
    await until(() => heard.length >= 2);
    expect(heard).toEqual(['first timer-1', 'second timer-1']);
  });

  test('a listener that throws or has ended stops no other', async () => {
    const { db, listen } = database();
    const heard: (string | null)[] = [];
    endings.push(
      listen('ended', () => {
        throw new Error('a careless listener');
      }),
    );
    listen('ended', () => heard.push('ended long ago'))();
    endings.push(listen('ended', (payload) => heard.push(payload)));
    await notify(db, 'ended', 'timer-2');
    await until(() => heard.length > 0);
    expect(heard).toEqual(['timer-2']);
  });

  test('migrations that have run do not run again, however many processes start', async () => {
    const { db } = database();
    await expect(Promise.all([migrate(db), migrate(db), migrate(db)])).resolves.toEqual([[], [], []]);
  });
});

describeEachDatabase('a database of a newer program', (database) => {
  test('is not migrated, and the error says why', async () => {
    const { db } = database();
    await sql`insert into kysely_migration (name, timestamp) values ('9999-future', '2100')`.execute(db);
    await expect(migrate(db)).rejects.toMatchObject({
      failure: 'migration',
      message: expect.stringContaining('perhaps a newer Mainspring wrote it'),
    });
  });
});
