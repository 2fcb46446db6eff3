import { AsyncLocalStorage } from 'node:async_hooks';
import { type ConnectionBuilder, Kysely, type PostgresPool, TransactionBuilder } from 'kysely';
import { DatabaseError } from './database-error.js';

/** Whether the code that runs belongs to a callback that holds the one connection at this moment. */
const holding = new AsyncLocalStorage<{ isOver: boolean }>();

const NESTED =
  'a statement on the database inside a transaction of it: the embedded database has one connection, use the transaction itself';

/** Refuses the connection to code that holds it already: it would wait for itself for ever. */
export const refusingNested = (pool: PostgresPool): PostgresPool => ({
  async connect() {
    const held = holding.getStore();
    if (held && !held.isOver) throw new DatabaseError('misuse', NESTED);
    return pool.connect();
  },
  end: () => pool.end(),
});

/** Runs a callback so that {@link refusingNested} knows of it. What it leaves running afterwards holds nothing. */
const asHolder =
  <A, R>(callback: (argument: A) => Promise<R>) =>
  async (argument: A): Promise<R> => {
    const held = { isOver: false };
    try {
      return await holding.run(held, () => callback(argument));
    } finally {
      held.isOver = true;
    }
  };

type Builder<DB> = TransactionBuilder<DB> | ConnectionBuilder<DB>;

function watched<DB, B extends Builder<DB>>(builder: B): B {
  return new Proxy(builder, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      if (name === 'execute')
        return (callback: (db: never) => Promise<unknown>) => member.call(target, asHolder(callback));
      return (...args: unknown[]) => {
        const answer: unknown = member.apply(target, args);
        return answer instanceof TransactionBuilder ? watched(answer) : answer;
      };
    },
  });
}

/** Kysely over the embedded database's one connection: knows which code is inside a transaction. */
export class ExclusiveKysely<DB> extends Kysely<DB> {
  override transaction(): TransactionBuilder<DB> {
    return watched<DB, TransactionBuilder<DB>>(super.transaction());
  }

  override connection(): ConnectionBuilder<DB> {
    return watched<DB, ConnectionBuilder<DB>>(super.connection());
  }
}
