import { sql } from 'kysely';
import type { Db } from './database.js';
import { type DeliveryRow, getDelivery } from './deliveries.js';
import { type Scope, seesDelivery } from './scope.js';

/** What a request to send a delivery anew met. `changed: false` with a row: it had not ended. */
export interface Redelivery {
  changed: boolean;
  row: DeliveryRow | undefined;
}

/** What sends a delivery anew: its attempts are kept and their numbers go on, its policy counts from here. */
const RENEWED = sql`status = 'pending', ended_at = null, attempts_before = d.attempt_count`;

/** A receiver that was switched off gets one probe: who sends anew believes that it is back. */
const switchedOn = (at: Date) => sql`
  update endpoints e set state = 'open', failing_since = ${at}, opened_until = ${at} from renewed r
  where e.org_id = r.org_id and e.receiver = r.receiver and e.state = 'off'`;

/**
 * Sends a delivery that has ended once more, whatever its end was. The endpoint workflow of its receiver must be
 * ensured before.
 */
export async function redeliver(db: Db, scope: Scope, id: string, now: number): Promise<Redelivery> {
  const at = new Date(now);
  const { rows } = await sql<DeliveryRow>`
    with renewed as (
      update deliveries d set ${RENEWED}, next_attempt_at = ${at}
      where org_id = ${scope.orgId} and id = ${id} and status in ('delivered', 'dead') and ${seesDelivery(scope, 'd.timer_id')}
      returning *
    ), switched as (${switchedOn(at)})
    select * from renewed`.execute(db);
  const [row] = rows;
  return row ? { changed: true, row } : { changed: false, row: await getDelivery(db, scope, id) };
}

/** Receivers of what died since a moment: their endpoint workflows must be ensured before {@link redeliverDead}. */
export async function receiversOfDead(db: Db, scope: Scope, since: Date): Promise<string[]> {
  const { rows } = await sql<{ receiver: string }>`
    select distinct receiver from deliveries d
    where org_id = ${scope.orgId} and status = 'dead' and ended_at >= ${since} and ${seesDelivery(scope, 'd.timer_id')}`.execute(
    db,
  );
  return rows.map(({ receiver }) => receiver);
}

/** Sends everything that died since a moment, to these receivers, once more. Answers how many. */
export async function redeliverDead(
  db: Db,
  scope: Scope,
  { since, receivers }: { since: Date; receivers: readonly string[] },
  now: number,
): Promise<number> {
  if (receivers.length === 0) return 0;
  const at = new Date(now);
  const { rows } = await sql<{ count: number }>`
    with renewed as (
      update deliveries d set ${RENEWED}, next_attempt_at = ${at}
      where org_id = ${scope.orgId} and status = 'dead' and ended_at >= ${since}
        and receiver in (${sql.join([...receivers])}) and ${seesDelivery(scope, 'd.timer_id')}
      returning org_id, receiver
    ), switched as (${switchedOn(at)})
    select count(*)::integer as count from renewed`.execute(db);
  return rows[0]?.count ?? 0;
}
