import type { PostgresCursor, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';
import { DatabaseError, explainFailure } from './database-error.js';
import type { StatementNames } from './statement-names.js';

type Result<R> = Promise<PostgresQueryResult<R>>;

/** A client as Kysely borrows it: what it throws is explained. */
export function poolClient(
  client: Pick<pg.ClientBase, 'query'>,
  release: () => void,
  names?: StatementNames,
): PostgresPoolClient {
  async function run(text: string, parameters: readonly unknown[]): Promise<unknown> {
    const values = [...parameters];
    const name = values.length > 0 ? names?.nameOf(text) : undefined;
    try {
      return await client.query(name === undefined ? { text, values } : { name, text, values });
    } catch (error) {
      throw explainFailure(error);
    }
  }

  function query<R>(text: string, parameters: readonly unknown[]): Result<R>;
  function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  function query(text: unknown, parameters: readonly unknown[] = []): unknown {
    if (typeof text === 'string') return run(text, parameters);
    throw new DatabaseError('misuse', 'rows are not streamed by cursors');
  }

  return { query, release };
}
