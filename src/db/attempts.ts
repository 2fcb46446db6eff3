import { type Selectable, sql } from 'kysely';
import type { Attempt } from '../schemas/delivery.js';
import type { Db } from './database.js';
import type { DeliveryContent, ReceiverKey } from './deliveries.js';
import type { DeliveryTable, StoredDeliveryStatus } from './tables.js';

/** A delivery that was taken to be attempted. */
export interface TakenDelivery extends DeliveryContent {
  attemptNumber: number;
  attemptsBefore: number;
  epoch: number | null;
  /** Of an e-mail: whom earlier attempts have done with. */
  settled: string[];
  /** Through a broker: how attempts failed since it was last sent anew, the latest last. */
  failures: string[];
}

type Row = Pick<
  Selectable<DeliveryTable>,
  | 'org_id'
  | 'id'
  | 'timer_id'
  | 'task_id'
  | 'subscription_id'
  | 'channel'
  | 'receiver'
  | 'request'
  | 'body'
  | 'policy'
  | 'escalation'
  | 'occurrence'
  | 'due_at'
  | 'fired_at'
  | 'attempt_count'
  | 'attempts_before'
  | 'epoch'
> & { tenant_id: string | null; kept_attempts: Attempt[] | null };

/** Since it was last delivered: sent anew, it is for all again. */
function sinceDelivered(attempts: readonly Attempt[]): Attempt[] {
  const delivered = attempts.findLastIndex(({ error }) => error === undefined);
  return attempts.slice(delivered + 1);
}

const toTaken = (row: Row, attempts = sinceDelivered(row.kept_attempts ?? [])): TakenDelivery => ({
  orgId: row.org_id,
  id: row.id,
  timerId: row.timer_id,
  taskId: row.task_id,
  subscriptionId: row.subscription_id,
  tenantId: row.tenant_id,
  channel: row.channel,
  receiver: row.receiver,
  request: row.request,
  body: row.body,
  policy: row.policy,
  escalation: row.escalation,
  occurrence: row.occurrence,
  dueAt: row.due_at,
  firedAt: row.fired_at,
  attemptNumber: row.attempt_count + 1,
  attemptsBefore: row.attempts_before,
  epoch: row.epoch === null ? null : Number(row.epoch),
  settled: attempts.flatMap(({ settled = [] }) => settled),
  failures: attempts.flatMap(({ number, error = [] }) => (number > row.attempts_before ? error : [])),
});

const COLUMNS = sql`d.org_id, d.id, d.timer_id, d.task_id, d.subscription_id, d.channel, d.receiver, d.request, d.body, d.policy,
  d.escalation, d.occurrence, d.due_at, d.fired_at, d.attempt_count, d.attempts_before, d.epoch,
  case when d.channel in ('email', 'broker') then d.attempts end as kept_attempts`;

/** Deliveries by id, as they would be attempted next. */
export async function readDeliveries(
  db: Db,
  orgId: string,
  ids: readonly string[],
): Promise<TakenDelivery[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Row>`
    select ${COLUMNS}, t.tenant_id from deliveries d
    left join timers t on t.org_id = d.org_id and t.id = d.timer_id
    where d.org_id = ${orgId} and d.id in (${sql.join([...ids])})
    order by d.created_at, d.id`.execute(db);
  return rows.map((row) => toTaken(row));
}

/** Which of a receiver's pending deliveries to take. */
export interface Taking {
  /** What is due at this moment; null takes all that is pending. */
  dueAt: Date | null;
  most: number;
  /** Nobody else takes them before: if this process dies, they are due again then. */
  until: Date;
}

/** Takes pending deliveries of a receiver, longest due first, so that no second run sends them as well. */
export async function takeDeliveries(
  db: Db,
  { orgId, receiver }: ReceiverKey,
  taking: Taking,
): Promise<TakenDelivery[]> {
  const isDue = taking.dueAt === null ? sql`true` : sql`next_attempt_at <= ${taking.dueAt}`;
  const { rows } = await sql<Row>`
    with due as (
      select org_id, id from deliveries
      where org_id = ${orgId} and receiver = ${receiver} and status = 'pending' and ${isDue}
      order by next_attempt_at limit ${taking.most} for update skip locked
    ), taken as (
      update deliveries d set next_attempt_at = ${taking.until} from due
      where d.org_id = due.org_id and d.id = due.id
      returning ${COLUMNS}
    )
    select d.*, t.tenant_id from taken d left join timers t on t.org_id = d.org_id and t.id = d.timer_id`.execute(
    db,
  );
  return rows.map((row) => toTaken(row));
}

/** What an attempt made of a delivery's row. */
export interface DeliveryChange {
  orgId: string;
  id: string;
  /** The row must still be so: `sending` under this epoch, or (null) `pending` with as many attempts as before. */
  epoch: number | null;
  attemptCount: number;
  status: StoredDeliveryStatus;
  /** Null where nothing was sent. */
  attempt: Attempt | null;
  statusCode: number | null;
  error: string | null;
  nextAttemptAt: Date | null;
  endedAt: Date | null;
}

/**
 * Writes what became of many deliveries in one statement. Answers the ids, as `<org>/<id>`, of those that were still
 * as expected: each outcome is applied once, whoever else believes that the delivery is theirs.
 */
export async function applyChanges(db: Db, changes: readonly DeliveryChange[]): Promise<Set<string>> {
  if (changes.length === 0) return new Set();
  const given = changes.map((change) => ({
    org_id: change.orgId,
    id: change.id,
    epoch: change.epoch,
    attempt_count: change.attemptCount,
    status: change.status,
    attempts: change.attempt === null ? [] : [change.attempt],
    status_code: change.statusCode,
    error: change.error,
    next_attempt_at: change.nextAttemptAt,
    ended_at: change.endedAt,
  }));
  const { rows } = await sql<{ org_id: string; id: string }>`
    update deliveries d set
      status = c.status,
      epoch = null,
      attempts = case when json_array_length(c.attempts) = 0 then d.attempts
        when d.attempt_count = 0 then c.attempts else (d.attempts::jsonb || c.attempts::jsonb)::json end,
      attempt_count = d.attempt_count + json_array_length(c.attempts),
      last_status_code = c.status_code,
      last_error = c.error,
      next_attempt_at = c.next_attempt_at,
      ended_at = c.ended_at
    from json_to_recordset(${JSON.stringify(given)}::json) as c (
      org_id text, id text, epoch bigint, attempt_count integer, status text, attempts json, status_code integer,
      error text, next_attempt_at timestamptz, ended_at timestamptz)
    where d.org_id = c.org_id and d.id = c.id and d.attempt_count = c.attempt_count
      and ((d.status = 'sending' and d.epoch = c.epoch) or (d.status = 'pending' and c.epoch is null))
    returning d.org_id, d.id`.execute(db);
  return new Set(rows.map(({ org_id, id }) => `${org_id}/${id}`));
}

/** How many of a receiver's deliveries are pending, and when the next of them is due. */
export async function nextDue(
  db: Db,
  { orgId, receiver }: ReceiverKey,
): Promise<{ pending: number; at: Date | null }> {
  const row = await db
    .selectFrom('deliveries')
    .where('org_id', '=', orgId)
    .where('receiver', '=', receiver)
    .where('status', '=', sql.lit('pending'))
    .select(({ fn }) => [fn.countAll<number>().as('pending'), fn.min('next_attempt_at').as('at')])
    .executeTakeFirstOrThrow();
  return { pending: Number(row.pending), at: row.at };
}

/** Timers that had fired and of which a delivery died since: they have failed. Answers those that changed. */
export async function failTimers(
  db: Db,
  orgId: string,
  ids: readonly string[],
): Promise<{ id: string; tenant_id: string; name: string }[]> {
  if (ids.length === 0) return [];
  return db
    .updateTable('timers')
    .set({ status: 'failed' })
    .where('org_id', '=', orgId)
    .where('id', 'in', ids)
    .where('status', '=', 'fired')
    .returning(['id', 'tenant_id', 'name'])
    .execute();
}
