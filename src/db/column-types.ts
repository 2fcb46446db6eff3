import pg from 'pg';

/**
 * How columns are read, per connection so that other users of `pg` in the process keep its defaults: `bigint` as a
 * number (ids, milliseconds and epochs stay far below 2^53), the rest as `pg` reads it (`json` parsed, `timestamptz`
 * as Date).
 */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format),
};
