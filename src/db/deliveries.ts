import { type Selectable, sql } from 'kysely';
import type { RetryPolicy } from '../schemas/action.js';
import type { Channel, DeliveryFilter, DeliveryRequest } from '../schemas/delivery.js';
import type { Db } from './database.js';
import { type Scope, seesDelivery } from './scope.js';
import type { DeliveryTable, StoredDeliveryStatus, StoredEscalation } from './tables.js';
import type { Position } from './timers.js';

/** A receiver of an organisation. */
export interface ReceiverKey {
  orgId: string;
  receiver: string;
}

export type DeliveryRow = Selectable<DeliveryTable>;

/** A delivery as it was frozen: the same on every attempt. */
export interface DeliveryContent {
  orgId: string;
  id: string;
  timerId: string | null;
  /** Whose result it tells. */
  taskId: string | null;
  subscriptionId: string | null;
  /** Of the timer; it has no column of its own. */
  tenantId: string | null;
  channel: Channel;
  receiver: string;
  request: DeliveryRequest;
  body: string;
  policy: RetryPolicy;
  escalation: StoredEscalation | null;
  /** Of the timer's firing that it belongs to; null where it tells of an event. */
  occurrence: number | null;
  dueAt: Date | null;
  firedAt: Date | null;
}

export interface NewDelivery extends DeliveryContent {
  /** `sending` where the caller attempts it at once under `epoch`, `pending` where its endpoint workflow does. */
  status: 'sending' | 'pending';
  windowAt: Date | null;
  epoch: number | null;
  nextAttemptAt: Date | null;
}

const toColumns = (delivery: NewDelivery) => ({
  org_id: delivery.orgId,
  id: delivery.id,
  timer_id: delivery.timerId,
  task_id: delivery.taskId,
  subscription_id: delivery.subscriptionId,
  channel: delivery.channel,
  receiver: delivery.receiver,
  request: delivery.request,
  body: delivery.body,
  policy: delivery.policy,
  escalation: delivery.escalation,
  occurrence: delivery.occurrence,
  due_at: delivery.dueAt,
  fired_at: delivery.firedAt,
  status: delivery.status,
  window_at: delivery.windowAt,
  epoch: delivery.epoch,
  next_attempt_at: delivery.nextAttemptAt,
});

/**
 * Writes deliveries; one whose id is taken is left as it is. Where the receiver's circuit is not closed, `sending`
 * becomes `pending`: its endpoint workflow decides, so that workflow must be ensured. Answers the status of each id.
 */
export async function insertDeliveries(
  db: Db,
  deliveries: readonly NewDelivery[],
  now: number,
): Promise<Map<string, StoredDeliveryStatus>> {
  if (deliveries.length === 0) return new Map();
  const at = new Date(now);
  const { rows } = await sql<{ id: string; status: StoredDeliveryStatus }>`
    with given as (
      select g.*, case when e.state in ('open', 'off') then 'pending' else g.status end as becomes
      from json_to_recordset(${JSON.stringify(deliveries.map(toColumns))}::json) as g (
        org_id text, id text, timer_id text, task_id text, subscription_id text, channel text, receiver text, request json,
        body text, policy json, escalation json, occurrence integer, due_at timestamptz, fired_at timestamptz, status text, window_at timestamptz, epoch bigint,
        next_attempt_at timestamptz)
      left join endpoints e on e.org_id = g.org_id and e.receiver = g.receiver
    ), added as (
      insert into deliveries (org_id, id, timer_id, task_id, subscription_id, channel, receiver, request, body, policy,
        escalation, occurrence, due_at, fired_at, status, window_at, epoch, next_attempt_at, created_at)
      select org_id, id, timer_id, task_id, subscription_id, channel, receiver, request, body, policy,
        nullif(escalation::text, 'null')::json, occurrence, due_at, fired_at, becomes, window_at, case when becomes = 'sending' then epoch end,
        case when becomes = 'pending' then coalesce(next_attempt_at, ${at}) end, ${at}
      from given
      on conflict (org_id, id) do nothing
      returning id, status
    )
    select id, status from added
    union all
    select d.id, d.status from given g join deliveries d on d.org_id = g.org_id and d.id = g.id`.execute(db);
  return new Map(rows.map(({ id, status }) => [id, status]));
}

const inScope = (db: Db, scope: Scope) =>
  db
    .selectFrom('deliveries')
    .where('deliveries.org_id', '=', scope.orgId)
    .where(seesDelivery(scope, 'deliveries.timer_id'));

export async function getDelivery(db: Db, scope: Scope, id: string): Promise<DeliveryRow | undefined> {
  return inScope(db, scope).where('id', '=', id).selectAll().executeTakeFirst();
}

const SUMMARY = [
  'org_id',
  'id',
  'timer_id',
  'task_id',
  'subscription_id',
  'channel',
  'receiver',
  'status',
  'attempt_count',
  'last_status_code',
  'last_error',
  'next_attempt_at',
  'created_at',
  'ended_at',
] as const;
/** A delivery without what may be large: request, body, attempts. */
export type DeliverySummaryRow = Pick<DeliveryRow, (typeof SUMMARY)[number]>;

/** Newest first, after `position`. What is being sent counts as pending. */
export async function listDeliveries(
  db: Db,
  scope: Scope,
  filter: Omit<DeliveryFilter, 'cursor'>,
  position: Position | undefined,
): Promise<DeliverySummaryRow[]> {
  let query = inScope(db, scope).select(SUMMARY);
  if (filter.status === 'pending') query = query.where('status', 'in', ['sending', 'pending']);
  else if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.timerId !== undefined) query = query.where('timer_id', '=', filter.timerId);
  if (filter.taskId !== undefined) query = query.where('task_id', '=', filter.taskId);
  if (position) query = query.where(sql<boolean>`(created_at, id) < (${position.createdAt}, ${position.id})`);
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(filter.limit).execute();
}

const MOST_OF_A_TIMER = 20;

/** The latest 20 deliveries of each timer, oldest first. Of one that has repeated for years it reads no more. */
export async function deliveriesOfTimers(
  db: Db,
  orgId: string,
  timerIds: readonly string[],
): Promise<DeliverySummaryRow[]> {
  if (timerIds.length === 0) return [];
  const { rows } = await sql<DeliverySummaryRow>`
    select latest.* from json_array_elements_text(${JSON.stringify(timerIds)}::json) as timer (id), lateral (
      select ${sql.join(SUMMARY.map((column) => sql.ref(column)))} from deliveries
      where org_id = ${orgId} and timer_id = timer.id
      order by created_at desc, id desc limit ${MOST_OF_A_TIMER}
    ) as latest
    order by created_at, id`.execute(db);
  return rows;
}

/** Hands deliveries over to their receiver's endpoint workflow without an attempt. That workflow must be ensured. */
export async function postponeDeliveries(
  db: Db,
  orgId: string,
  ids: readonly string[],
  now: number,
): Promise<void> {
  if (ids.length === 0) return;
  await db
    .updateTable('deliveries')
    .set({ status: 'pending', epoch: null, next_attempt_at: new Date(now) })
    .where('org_id', '=', orgId)
    .where('id', 'in', ids)
    .where('status', '=', sql.lit('sending'))
    .execute();
}

/** Receivers with something that was due before a moment and that no open circuit holds back: nobody owns them. */
export async function overdueReceivers(db: Db, before: Date): Promise<ReceiverKey[]> {
  const { rows } = await sql<{ org_id: string; receiver: string }>`
    select distinct d.org_id, d.receiver from deliveries d
    left join endpoints e on e.org_id = d.org_id and e.receiver = d.receiver and e.state = 'open'
    where d.status = 'pending' and greatest(d.next_attempt_at, e.opened_until) < ${before}`.execute(db);
  return rows.map((row) => ({ orgId: row.org_id, receiver: row.receiver }));
}
