import { type Selectable, sql } from 'kysely';
import type { Db } from './database.js';
import type { ReceiverKey } from './deliveries.js';
import type { EndpointTable } from './tables.js';

export type EndpointRow = Selectable<EndpointTable>;

/** What is known of a receiver that failed; undefined: it works. */
export async function getEndpoint(
  db: Db,
  { orgId, receiver }: ReceiverKey,
): Promise<EndpointRow | undefined> {
  return db
    .selectFrom('endpoints')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('receiver', '=', receiver)
    .executeTakeFirst();
}

/** The rows of these receivers, held until the transaction ends; none for one that works. */
export async function holdEndpoints(db: Db, receivers: readonly ReceiverKey[]): Promise<EndpointRow[]> {
  if (receivers.length === 0) return [];
  const { rows } = await sql<EndpointRow>`
    select e.* from endpoints e
    join json_to_recordset(${JSON.stringify(receivers)}::json) as r ("orgId" text, receiver text)
      on e.org_id = r."orgId" and e.receiver = r.receiver
    order by e.org_id, e.receiver for update of e`.execute(db);
  return rows;
}

/** Writes what is now known of receivers; one that works again has no row. */
export async function writeEndpoints(db: Db, endpoints: readonly EndpointRow[]): Promise<void> {
  const working = endpoints.filter(({ state, failures }) => state === 'closed' && failures === 0);
  const failing = endpoints.filter((endpoint) => !working.includes(endpoint));
  for (const { org_id, receiver } of working) {
    await db.deleteFrom('endpoints').where('org_id', '=', org_id).where('receiver', '=', receiver).execute();
  }
  if (failing.length === 0) return;
  const sorted = failing.toSorted((a, b) =>
    `${a.org_id} ${a.receiver}` < `${b.org_id} ${b.receiver}` ? -1 : 1,
  );
  await sql`
    insert into endpoints (org_id, receiver, state, failures, failing_since, opened_until)
    select * from json_to_recordset(${JSON.stringify(sorted)}::json) as e (
      org_id text, receiver text, state text, failures integer, failing_since timestamptz, opened_until timestamptz)
    on conflict (org_id, receiver) do update set state = excluded.state, failures = excluded.failures,
      failing_since = excluded.failing_since, opened_until = excluded.opened_until`.execute(db);
}

/** A receiver was seen to be there, by other means than a delivery. */
export async function closeCircuit(db: Db, { orgId, receiver }: ReceiverKey): Promise<void> {
  await db.deleteFrom('endpoints').where('org_id', '=', orgId).where('receiver', '=', receiver).execute();
}
