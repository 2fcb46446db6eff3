import { type Selectable, sql } from 'kysely';
import type { BrokerConfig, BrokerKind, BrokerStatus } from '../schemas/broker.js';
import type { Db } from './database.js';
import type { BrokerBindingTable, BrokerTable } from './tables-of-messages.js';

export type BrokerRow = Selectable<BrokerTable>;
export type BindingRow = Selectable<BrokerBindingTable>;

/** A broker of an organisation. */
export interface BrokerKey {
  orgId: string;
  brokerId: string;
}

export interface NewBroker {
  id: string;
  orgId: string;
  name: string;
  kind: BrokerKind;
  /** Sealed JSON: a list. */
  endpoints: string;
  config: BrokerConfig;
}

const NOW = sql<Date>`date_trunc('milliseconds', now())`;

/** Writes a broker; undefined where its name is taken. */
export async function insertBroker(tx: Db, broker: NewBroker): Promise<BrokerRow | undefined> {
  const { id, orgId, name, kind, endpoints, config } = broker;
  return tx
    .insertInto('brokers')
    .values({ id, org_id: orgId, name, kind, endpoints, config: JSON.stringify(config), error: null })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

export async function getBroker(db: Db, { orgId, brokerId }: BrokerKey): Promise<BrokerRow | undefined> {
  return db
    .selectFrom('brokers')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('id', '=', brokerId)
    .executeTakeFirst();
}

/** The same, kept from others until the transaction ends. */
export async function lockBroker(tx: Db, { orgId, brokerId }: BrokerKey): Promise<BrokerRow | undefined> {
  return tx
    .selectFrom('brokers')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('id', '=', brokerId)
    .forUpdate()
    .executeTakeFirst();
}

/** Keeps brokers from being deleted until the transaction ends; answers those that are there. */
export async function holdBrokers(tx: Db, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .selectFrom('brokers')
    .select('id')
    .where('id', 'in', [...ids])
    .orderBy('id')
    .forKeyShare()
    .execute();
  return rows.map(({ id }) => id);
}

/** Writes how a broker is reached from now on; it is connected to anew. */
export async function updateBroker(
  tx: Db,
  brokerId: string,
  { endpoints, config }: Pick<NewBroker, 'endpoints' | 'config'>,
): Promise<BrokerRow> {
  return tx
    .updateTable('brokers')
    .set({ endpoints, config: JSON.stringify(config), status: 'connecting', error: null, updated_at: NOW })
    .where('id', '=', brokerId)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** All of an organisation, the oldest first. */
export async function listBrokers(db: Db, orgId: string): Promise<BrokerRow[]> {
  return db
    .selectFrom('brokers')
    .selectAll()
    .where('org_id', '=', orgId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

export async function deleteBroker(tx: Db, brokerId: string): Promise<void> {
  await tx.deleteFrom('brokers').where('id', '=', brokerId).execute();
}

/** Notes how a broker is; answers whether that is news. Whoever keeps its connection says so again and again. */
export async function noteBroker(
  tx: Db,
  { orgId, brokerId }: BrokerKey,
  { status, error }: { status: BrokerStatus; error: string | null },
): Promise<boolean> {
  const standing = await lockBroker(tx, { orgId, brokerId });
  if (!standing) return false;
  await tx
    .updateTable('brokers')
    .set({ status, error, updated_at: NOW })
    .where('id', '=', brokerId)
    .execute();
  return standing.status !== status;
}

/** Brokers whose connection nobody has spoken of since a moment. */
export async function forgottenBrokers(db: Db, before: Date): Promise<BrokerKey[]> {
  const rows = await db
    .selectFrom('brokers')
    .select(['org_id', 'id'])
    .where('updated_at', '<', before)
    .execute();
  return rows.map(({ org_id: orgId, id: brokerId }) => ({ orgId, brokerId }));
}

/** How many brokers of a kind there are, and how many of them are connected. */
export async function countBrokers(db: Db, kind: BrokerKind): Promise<{ all: number; connected: number }> {
  const { all, connected } = await db
    .selectFrom('brokers')
    .select(({ fn }) => [
      fn.countAll<number>().as('all'),
      fn.countAll<number>().filterWhere('status', '=', 'connected').as('connected'),
    ])
    .where('kind', '=', kind)
    .executeTakeFirstOrThrow();
  return { all: Number(all), connected: Number(connected) };
}
