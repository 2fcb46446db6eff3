import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Database } from '../../src/db/database.js';
import { isUnavailable } from '../../src/db/database-error.js';
import { EMBEDDED_MAJOR, openEmbedded } from '../../src/db/embedded.js';
import { migrate } from '../../src/db/migrate.js';
import { startChild } from '../support/child.js';
import { embeddedImage, silentLog } from '../support/databases.js';

const image = embeddedImage();

describe('the embedded database', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openEmbedded({ image }, silentLog);
    await migrate(database.db);
  });
  afterAll(() => database.close());

  test('is the PostgreSQL whose folders are accepted', async () => {
    const { rows } = await sql<{ v: string }>`select current_setting('server_version_num') as v`.execute(
      database.db,
    );
    expect(rows[0]?.v.slice(0, 2)).toBe(EMBEDDED_MAJOR);
  });

  test('lends its connection in the order in which it was asked for', async () => {
    const order: number[] = [];
    await Promise.all(
      [3, 1, 2].map((pause, index) =>
        database.db.transaction().execute(async (tx) => {
          await sql`select pg_sleep(${pause / 100})`.execute(tx);
          order.push(index);
        }),
      ),
    );
    expect(order).toEqual([0, 1, 2]);
  });

  test('two transactions never mix', async () => {
    const raise = () =>
      database.db.transaction().execute(async (tx) => {
        const { rows } = await sql<{ n: number }>`select count(*) as n from windows`.execute(tx);
        await tx
          .insertInto('windows')
          .values({ org_id: 'mixed', starts_at: new Date(rows[0]?.n ?? 0), epoch: 1 })
          .execute();
      });
    await Promise.all(Array.from({ length: 20 }, raise));
    const windows = await database.db.selectFrom('windows').select('starts_at').execute();
    expect(windows).toHaveLength(20);
  });

  test('a statement on it inside a transaction of it is refused instead of waiting for itself', async () => {
    const nested = database.db.transaction().execute(async () => {
      await database.db.selectFrom('orgs').select('id').execute();
    });
    await expect(nested).rejects.toMatchObject({ failure: 'misuse' });
    const serializable = database.db
      .transaction()
      .setIsolationLevel('serializable')
      .execute(async () => database.db.transaction().execute(async () => 'never'));
    await expect(serializable).rejects.toThrow('use the transaction itself');
    await expect(database.db.selectFrom('orgs').select('id').execute()).resolves.toEqual([]);
  });

  test('what a transaction leaves running may use it when the transaction is over', async () => {
    let later: Promise<unknown> = Promise.resolve();
    await database.db.transaction().execute(async () => {
      later = delay(30).then(() => database.db.selectFrom('orgs').select('id').execute());
    });
    await expect(later).resolves.toEqual([]);
  });

  test('a statement that is used often, and one that is wrong each time, go on answering', async () => {
    for (let round = 0; round < 6; round++) {
      const { rows } = await sql`select ${round}::int as round, ${'x'}::text as text`.execute(database.db);
      expect(rows).toEqual([{ round, text: 'x' }]);
      await expect(sql`select ${1}::int / 0`.execute(database.db)).rejects.toMatchObject({ code: '22012' });
      await expect(sql`selec ${1}`.execute(database.db)).rejects.toMatchObject({ code: '42601' });
    }
  });

  test('an expression that is nested too deeply is an error and no crash', async () => {
    const deep = sql.raw(`select ${'1+'.repeat(60_000)}1`);
    await expect(deep.execute(database.db)).rejects.toMatchObject({ code: '54001' });
  });

  test('answers of megabytes arrive whole', async () => {
    const text = 'ä'.repeat(3_000_000);
    const { rows } = await sql<{ text: string }>`select ${text}::text as text`.execute(database.db);
    expect(rows[0]?.text === text).toBe(true);
  });
});

test('when its thread dies, what waits and what comes later is told that the database is away', async () => {
  const { db, close } = await openEmbedded({ image }, silentLog);
  const attempts = [
    sql`copy (select 1) to program 'none'`.execute(db),
    sql`select 1`.execute(db),
    sql`select 2`.execute(db),
  ];
  const outcomes = await Promise.allSettled(attempts);
  expect(outcomes.map((outcome) => outcome.status === 'rejected' && isUnavailable(outcome.reason))).toEqual([
    true,
    true,
    true,
  ]);
  await expect(sql`select 3`.execute(db)).rejects.toThrow('the embedded database has stopped');
  await close();
});

describe('a database folder', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'mainspring-embedded-'));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('keeps every acknowledged row when its process is killed in the middle', async () => {
    const folder = join(root, 'killed');
    await (await openEmbedded({ folder, image }, silentLog)).close();
    const writer = startChild('test/db/programs/write-rows.ts', folder);
    const acknowledged: string[] = [];
    while (acknowledged.length < 200) acknowledged.push((await writer.lines.next()).value);
    await expect(openEmbedded({ folder }, silentLog)).rejects.toThrow(`in use by process ${writer.pid} `);
    await writer.kill();

    const { db, close } = await openEmbedded({ folder }, silentLog);
    const orgs = await db.selectFrom('orgs').select('id').where('id', 'in', acknowledged).execute();
    expect(orgs).toHaveLength(200);
    await close();
  });

  test('that was half made when its process was killed is made anew', async () => {
    const folder = join(root, 'half');
    mkdirSync(`${folder}.new`);
    writeFileSync(join(`${folder}.new`, 'PG_VERSION'), EMBEDDED_MAJOR);
    const { db, close } = await openEmbedded({ folder, image }, silentLog);
    await sql`select 1`.execute(db);
    await close();
  });

  test('of another PostgreSQL is refused with the way out, and left as it is', async () => {
    const folder = join(root, 'older');
    mkdirSync(folder);
    writeFileSync(join(folder, 'PG_VERSION'), '17\n');
    await expect(openEmbedded({ folder }, silentLog)).rejects.toMatchObject({
      failure: 'version',
      message: expect.stringMatching(/PostgreSQL 17, .* embeds 18: dump it .* restore/),
    });
  });

  test('that is broken is said to be so, and not locked any longer', async () => {
    const folder = join(root, 'broken');
    mkdirSync(folder);
    writeFileSync(join(folder, 'PG_VERSION'), EMBEDDED_MAJOR);
    for (const _ of [1, 2]) {
      await expect(openEmbedded({ folder }, silentLog)).rejects.toThrow(
        'the embedded database cannot be opened: ',
      );
    }
  });

  test('with something else in it is refused, and free to be tried again', async () => {
    const folder = join(root, 'other');
    mkdirSync(folder);
    writeFileSync(join(folder, 'thesis.txt'), 'mine');
    for (const _ of [1, 2]) {
      await expect(openEmbedded({ folder, image }, silentLog)).rejects.toMatchObject({
        failure: 'not_a_database',
      });
    }
  });
});
