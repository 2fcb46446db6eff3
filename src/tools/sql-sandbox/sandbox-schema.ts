import { VISIBLE_TABLES, type VisibleTable } from '../../db/visible-tables.js';

const createTable = ({ name, columns }: VisibleTable) =>
  `create table ${name} (${Object.entries(columns)
    .map(([column, type]) => `${column} ${type}`)
    .join(', ')})`;

/** Functions that change nothing, though PostgreSQL calls them volatile, or begin with pg_. */
const HARMLESS = [
  'random',
  'random_normal',
  'gen_random_uuid',
  'uuidv4',
  'uuidv7',
  'clock_timestamp',
  'timeofday',
  'pg_typeof',
  'pg_size_pretty',
];
/** Stable ones that tell of the server, or run a statement that they are given as text. */
const TELLING = ['current_setting', 'current_schemas', 'ts_stat', 'ts_rewrite', 'version'];

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ');

/**
 * A database with the tables that may be seen, all empty, and a role that has no rights: not on tables, whose rows are
 * granted one by one, not on what PostgreSQL keeps of itself, nor on functions that wait, read files, keep or send
 * something, set anything or run text.
 */
export const SANDBOX_SCHEMA: string[] = [
  ...VISIBLE_TABLES.map(createTable),
  'create role reader nologin',
  'revoke all on schema public from public',
  'grant usage on schema public to reader',
  'revoke all on all tables in schema pg_catalog, information_schema from public',
  'revoke all on schema information_schema from public',
  'revoke all on database postgres from public',
  `do $$
  declare forbidden regprocedure;
  begin
    for forbidden in
      select oid::regprocedure from pg_proc
      where proname not in (${quoted(HARMLESS)})
        and (provolatile = 'v' or proname like 'pg\\_%' or proname like 'lo\\_%' or proname like '%\\_to\\_xml%'
          or proname in (${quoted(TELLING)}))
    loop
      execute format('revoke execute on routine %s from public', forbidden);
    end loop;
  end $$`,
];
