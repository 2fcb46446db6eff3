import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Database } from '../../src/db/database.js';
import { VISIBLE_TABLES } from '../../src/db/visible-tables.js';
import type { BuiltinContext } from '../../src/tools/builtin.js';
import { executeDatabaseQuery } from '../../src/tools/system/execute-database-query.js';
import { databases, describeEachDatabase } from '../support/databases.js';
import { callOf, toolContext } from '../support/tools.js';

interface Result {
  columns: string[];
  rows: unknown[][];
  rowCount: number;
  isCut: boolean;
  tables: { name: string; rows: number; isCut: boolean }[];
}

const ask = (sql: string, context: BuiltinContext) => callOf<Result>(executeDatabaseQuery, { sql }, context);

/** Sales of an organisation, and the secrets of its agents. */
async function seed({ db }: Database, { orgId, agent }: BuiltinContext, word: string): Promise<void> {
  const sales = Array.from({ length: 30 }, (_, index) => ({
    id: `${word}-${index}`,
    org_id: orgId,
    category: word,
    price_cents: 100 * index,
    sold_at: new Date(Date.UTC(2030, 0, 1 + index)),
  }));
  await db.insertInto('sales').values(sales).execute();
  await db
    .updateTable('agents')
    .set({
      secret_digest: `${word}-digest`,
      environment: `${word}-environment`,
      settings: `${word}-settings`,
    })
    .where('id', '=', agent.id)
    .execute();
}

describeEachDatabase('a statement', (database) => {
  let own: BuiltinContext;
  beforeAll(async () => {
    own = await toolContext(database());
    await seed(database(), own, 'mine');
    await seed(database(), await toolContext(database()), 'foreign');
  });

  test('counts what the organisation has, and nothing of another', async () => {
    const query = `
      select category, count(*), sum(price_cents), avg(price_cents) as average, max(sold_at)::date as latest
      from sales group by category -- all of them`;
    expect(await ask(query, own)).toEqual({
      columns: ['category', 'count', 'sum', 'average', 'latest'],
      rows: [['mine', 30, 43_500, 1_450, '2030-01-30T00:00:00.000Z']],
      rowCount: 1,
      isCut: false,
      tables: [{ name: 'sales', rows: 30, isCut: false }],
    });
  });

  test('may be a query of any form', async () => {
    const query = `
      with months as (select date_trunc('month', sold_at) as month, price_cents from sales)
      select month, percentile_cont(0.5) within group (order by price_cents), rank() over (order by month),
        jsonb_build_object('all', array_agg(price_cents order by price_cents))->'all'->>1
      from months left join agents on agents.name ilike '%x' and false group by month;`;
    const { rows } = await ask(query, own);
    expect(rows).toEqual([['2030-01-01T00:00:00.000Z', 1_450, 1, '100']]);
  });

  test('reads every table that it is said to read', async () => {
    const query = VISIBLE_TABLES.map(({ name }) => `select '${name}', count(*) from ${name}`).join(
      ' union all ',
    );
    const { rows } = await ask(query, own);
    expect(rows.map(([name]) => name)).toEqual(VISIBLE_TABLES.map(({ name }) => name));
    expect(rows.find(([name]) => name === 'agents')?.[1]).toBe(1);
  });
});

test('the model is told every table and column', () => {
  for (const { name, columns } of VISIBLE_TABLES) {
    expect(executeDatabaseQuery.description).toContain(`${name}(`);
    for (const column of Object.keys(columns)) expect(executeDatabaseQuery.description).toContain(column);
  }
});

const ATTACKS = [
  // Writes.
  'insert into sales (id) values (1)',
  'update sales set price_cents = 0',
  'delete from sales',
  'merge into sales using agents on true when matched then delete',
  'with gone as (delete from sales returning *) select * from gone',
  'with made as (insert into sales (id) values (1) returning *) select * from made',
  'select * from sales for update',
  // Definitions.
  'create table stolen as select * from sales',
  'create temp table stolen (a int)',
  'drop table sales',
  'alter table sales add column a int',
  'create or replace function f() returns int language sql as $$select 1$$',
  'create extension dblink',
  'grant all on sales to public',
  // Several statements, and texts that hide one.
  'select 1; delete from sales',
  'select 1 -- \n; delete from sales',
  '/* select */ delete from sales',
  '(delete from sales)',
  ') ; delete from sales ; (',
  'select 1; commit; delete from sales',
  'select 1 \\; delete from sales',
  // Transactions, sessions, roles.
  'commit',
  'begin read write',
  'set role postgres',
  'reset role',
  'set session authorization postgres',
  'set statement_timeout = 0',
  "select set_config('role', 'postgres', false)",
  "select current_setting('data_directory')",
  'show all',
  // Statements within statements.
  'do $$ begin delete from sales; end $$',
  'prepare p as delete from sales',
  'explain analyze delete from sales',
  "select query_to_xml('delete from sales returning *', true, false, '')",
  "select * from ts_stat('select password::tsvector from sales')",
  "select cursor_to_xml('answer', 1, true, false, '')",
  // Files, programs, networks.
  "copy sales to '/tmp/stolen'",
  'copy sales to stdout',
  "copy (select 1) to program 'touch /tmp/stolen'",
  "select pg_read_file('/etc/passwd')",
  "select * from pg_ls_dir('.')",
  "select lo_import('/etc/passwd')",
  "select lo_export(1, '/tmp/stolen')",
  "select * from dblink('host=127.0.0.1', 'select 1') as t(a int)",
  // What the database keeps of itself.
  'select * from pg_authid',
  'select * from pg_catalog.pg_class',
  'select * from pg_settings',
  'select * from information_schema.tables',
  'select prosrc from pg_proc',
  // What is not to be seen.
  'select * from api_keys',
  'select * from orgs',
  'select secret_digest from agents',
  'select environment from agents',
  'select * from public.task_messages',
  'select arguments, result from tool_calls',
  'select prompt from tasks',
  'select org_id from sales',
  'select * from U&"s\\0061les"',
  // Waiting and holding.
  'select pg_sleep(60)',
  "select pg_sleep_until('infinity')",
  'select pg_advisory_lock(1)',
  'listen mainspring_events',
  "notify mainspring_events, 'forged'",
  "select pg_notify('mainspring_events', 'forged')",
  'select pg_cancel_backend(pg_backend_pid())',
  "select nextval('pg_toast.x')",
  // Too much.
  'with recursive x as (select 1 union all select 1 from x) select count(*) from x',
  'select count(*) from generate_series(1, 100000000000)',
  'select count(*) from sales a, sales b, sales c, sales d, sales e, sales f, sales g',
  "select repeat('x', 500000000) || repeat('y', 500000000)",
  "select string_agg(repeat('x', 1000000), '') from generate_series(1, 3000)",
  'select array_agg(a) from generate_series(1, 100000000) a',
  'select (select 1 from',
];

describe('of more than 60 attacks', () => {
  const [embedded] = databases;
  let database: Database;
  let own: BuiltinContext;
  let before: string;

  /** Everything that attacks could have changed. */
  async function contents(): Promise<string> {
    const tables = await Promise.all(
      (['sales', 'agents', 'orgs', 'events', 'deliveries'] as const).map((table) =>
        database.db.selectFrom(table).selectAll().orderBy('id').execute(),
      ),
    );
    return JSON.stringify(tables);
  }

  beforeAll(async () => {
    if (!embedded) throw new Error('there is no database');
    database = await embedded.open();
    own = await toolContext(database);
    await seed(database, own, 'mine');
    await seed(database, await toolContext(database), 'foreign');
    before = await contents();
  });
  afterAll(() => database.close());

  test('there are as many', () => {
    expect(new Set(ATTACKS).size).toBeGreaterThanOrEqual(60);
  });

  test.each(ATTACKS)('%s', async (attack) => {
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    const startedAt = performance.now();
    const outcome = await ask(attack, own).then(
      (result) => `answered ${JSON.stringify(result)}`,
      (error: Error) => error.message,
    );
    delay.disable();
    expect(performance.now() - startedAt).toBeLessThan(12_000);
    expect(delay.max / 1e6).toBeLessThan(1_000);
    expect(outcome).not.toMatch(/foreign|mine-digest|root:|mine-environment|mine-settings/);
    expect(outcome).not.toMatch(/^answered/);
  });

  test('none has changed anything, and what is asked for goes on', async () => {
    expect(await contents()).toBe(before);
    expect((await ask('select count(*) from sales', own)).rows).toEqual([[30]]);
  });

  test('another organisation is not even seen by its id', async () => {
    const { rows } = await ask(
      "select * from sales where id like 'foreign%' or category = 'foreign' or true",
      own,
    );
    expect(rows).toHaveLength(30);
    expect(JSON.stringify(rows)).not.toContain('foreign');
  });

  test('a huge answer is cut', async () => {
    const many = await ask('select generate_series(1, 1000000)', own);
    expect([many.rowCount, many.isCut]).toEqual([1_000, true]);
    const wide = await ask("select repeat('x', 10000) from generate_series(1, 500)", own);
    expect([wide.rowCount, wide.isCut]).toEqual([26, true]);
  });

  test('one query runs, few wait, one of each organisation; others are refused at once', async () => {
    const others = await Promise.all([toolContext(database), toolContext(database)]);
    const ended = new AbortController();
    const slow = 'select count(*) from sales a, sales b, sales c, sales d, sales e, sales f';
    const running = ask(slow, { ...own, signal: ended.signal });
    const waiting = [own, ...others.slice(0, 1)].map((context) => ask('select 1', context));
    await expect(ask('select 1', own)).rejects.toThrow('busy: other queries are running, try again');
    await expect(ask('select 1', others[1] ?? own)).rejects.toThrow('busy');
    ended.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    expect((await Promise.all(waiting)).map(({ rows }) => rows)).toEqual([[[1]], [[1]]]);
  });

  test('one that waits for its turn leaves the line when it is cancelled', async () => {
    const [ended, cancelled] = [new AbortController(), new AbortController()];
    const slow = 'select count(*) from sales a, sales b, sales c, sales d, sales e, sales f';
    const running = ask(slow, { ...own, signal: ended.signal });
    const waiting = ask('select 1', { ...own, signal: cancelled.signal });
    cancelled.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
    const next = ask('select 2', own);
    ended.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    expect((await next).rows).toEqual([[2]]);
  });

  test('a call that is cancelled ends at once', async () => {
    const cancelled = new AbortController();
    const asked = ask('select count(*) from sales a, sales b, sales c, sales d, sales e, sales f', {
      ...own,
      signal: cancelled.signal,
    });
    setTimeout(() => cancelled.abort(new Error('cancelled')), 1_200);
    const startedAt = performance.now();
    await expect(asked).rejects.toThrow('cancelled');
    expect(performance.now() - startedAt).toBeLessThan(2_500);
  });
});
