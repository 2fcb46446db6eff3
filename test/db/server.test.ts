import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Database } from '../../src/db/database.js';
import { isUnavailable } from '../../src/db/database-error.js';
import { notify } from '../../src/db/notify.js';
import { openDatabase } from '../../src/db/open.js';
import { createServerDatabase, serverOfThisWorker, silentLog } from '../support/databases.js';
import { type SilentProxy, startProxy } from '../support/silent-proxy.js';
import { until } from '../support/until.js';

const open = (url: string) =>
  openDatabase({ DATABASE_URL: url, DATA_DIR: '', DATABASE_POOL: 3, isProduction: false }, silentLog);

/** What an attempt threw, and after how many ms. */
async function failureOf(attempt: Promise<unknown>): Promise<{ error: unknown; afterMs: number }> {
  const start = performance.now();
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, afterMs: performance.now() - start };
}

test('a server where nobody listens is one sentence that tells no password', async () => {
  const { error } = await failureOf(open('postgres://someone:hunter2@127.0.0.1:1/things'));
  expect(isUnavailable(error)).toBe(true);
  expect(String(error)).toContain(
    'the PostgreSQL server 127.0.0.1:1/things cannot be used: connect ECONNREFUSED',
  );
  expect(String(error)).not.toContain('hunter2');
});

const server = serverOfThisWorker();
if (server) describe('a PostgreSQL server', () => onServer(server));

function onServer(url: string) {
  let proxy: SilentProxy;
  let database: Database;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const { hostname, port } = new URL(url);
    proxy = await startProxy({ host: hostname, port: Number(port) });
    const created = await createServerDatabase(url);
    drop = created.drop;
    const proxied = new URL(created.url);
    proxied.port = String(proxy.port);
    database = await open(proxied.href);
  });
  afterAll(async () => {
    await database.close();
    await proxy.close();
    await drop();
  });

  test('a database that does not exist is said so', async () => {
    await expect(open(new URL('/nowhere', url).href)).rejects.toThrow('database "nowhere" does not exist');
  });

  test('more callers than connections all get their turn, however long it takes', async () => {
    const sleep = () => sql`select pg_sleep(0.5)`.execute(database.db);
    await expect(Promise.all(Array.from({ length: 15 }, sleep))).resolves.toHaveLength(15);
  });

  test('a connection that breaks between the statements of a transaction fails it, and nothing else', async () => {
    const others = sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'`;
    const broken = database.db.transaction().execute(async (tx) => {
      await sql`select 1`.execute(tx);
      await others.execute(database.db);
      await delay(200);
      await sql`select 1`.execute(tx);
    });
    const { error } = await failureOf(broken);
    expect(isUnavailable(error)).toBe(true);
    await expect(sql`select 1 as one`.execute(database.db)).resolves.toMatchObject({ rows: [{ one: 1 }] });
  });

  test('connections that the server ends are replaced, and listeners told that they may have missed something', async () => {
    const missed: (string | null)[] = [];
    const end = database.listen('ended', (payload) => missed.push(payload));
    const others = sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`;
    await others.execute(database.db);
    await until(() => missed.length > 0);
    await expect(sql`select 1 as one`.execute(database.db)).resolves.toMatchObject({ rows: [{ one: 1 }] });
    await notify(database.db, 'ended', 'heard again');
    await until(() => missed.length > 1);
    expect(missed).toEqual([null, 'heard again']);
    end();
  });

  test('when it falls silent, statements fail within 2 s, then at once; when it answers again, all is well', async () => {
    const missed: (string | null)[] = [];
    database.listen('keys', (payload) => missed.push(payload));
    await sql`select 1`.execute(database.db);

    proxy.silence();
    const attempts = await Promise.all(
      Array.from({ length: 5 }, () => failureOf(sql`select 1`.execute(database.db))),
    );
    for (const { error, afterMs } of attempts) {
      expect(isUnavailable(error)).toBe(true);
      expect(afterMs).toBeLessThan(2_000);
    }
    const refused = await failureOf(sql`select 1`.execute(database.db));
    expect(isUnavailable(refused.error)).toBe(true);
    expect(refused.afterMs).toBeLessThan(50);
    expect(missed).toEqual([]);

    proxy.heal();
    await until(() => missed.length > 0);
    expect(missed).toEqual([null]);
    await expect(sql`select 1 as one`.execute(database.db)).resolves.toMatchObject({ rows: [{ one: 1 }] });
  });
}
