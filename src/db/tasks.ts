import { type Selectable, sql } from 'kysely';
import type { ErrorCategory, TaskFilter, TaskStatus } from '../schemas/task.js';
import type { TaskDelivery } from '../schemas/task-delivery.js';
import { END_GRACE_MS } from '../schemas/task-limits.js';
import type { Db } from './database.js';
import type { TaskTable } from './tables-of-tasks.js';
import type { Position } from './timers.js';

export type TaskRow = Selectable<TaskTable>;

/** A task as it is written: the rest of its row follows from it. */
export interface NewTask {
  orgId: string;
  id: string;
  agent: { id: string; name: string; type: string | null };
  /** Null: the prompt is asked. */
  method: string | null;
  prompt: string | null;
  input: Record<string, unknown>;
  priority: number;
  userId: string | null;
  sessionId: string | null;
  /** Where its result goes, secrets sealed; nowhere where left out. */
  delivery?: readonly TaskDelivery[];
  metadata: Record<string, unknown>;
  /** That started it. */
  scheduleId?: string;
  /** It does not start before; where left out it starts in its turn. */
  scheduledAt?: Date | null;
  timeoutMs: number;
  /** That it is a part of. */
  parent: Pick<TaskRow, 'id' | 'root_id' | 'depth'> | null;
  fingerprint: string | null;
  createdAt: Date;
}

/** Until then whoever starts its workflow has done so. */
const START_GRACE_MS = 20_000;

const HAS_ENDED = sql<boolean>`status in ('completed', 'failed', 'cancelled', 'timed_out')`;
/** Whether a task of this status has come to its end. */
export const hasEnded = (status: TaskStatus): boolean =>
  ['completed', 'failed', 'cancelled', 'timed_out'].includes(status);

/** Writes a task; undefined where its id is taken. */
export async function insertTask(db: Db, task: NewTask): Promise<TaskRow | undefined> {
  const {
    orgId,
    id,
    agent,
    method,
    prompt,
    priority,
    parent,
    fingerprint,
    createdAt,
    scheduledAt = null,
  } = task;
  const startsAt = scheduledAt && scheduledAt > createdAt ? scheduledAt : createdAt;
  return db
    .insertInto('tasks')
    .values({
      ...{ id, org_id: orgId, method, prompt, priority, fingerprint, created_at: createdAt },
      ...{ agent_id: agent.id, agent_name: agent.name, agent_type: agent.type },
      ...{ user_id: task.userId, session_id: task.sessionId, timeout_ms: task.timeoutMs },
      status: startsAt === createdAt ? 'queued' : 'scheduled',
      scheduled_at: scheduledAt,
      schedule_id: task.scheduleId ?? null,
      delivery: JSON.stringify(task.delivery ?? []),
      input: JSON.stringify(task.input),
      metadata: JSON.stringify(task.metadata),
      output: JSON.stringify(null),
      parent_id: parent?.id ?? null,
      root_id: parent?.root_id ?? id,
      depth: parent ? parent.depth + 1 : 0,
      overdue_at: new Date(startsAt.getTime() + START_GRACE_MS),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

export async function getTask(db: Db, orgId: string, id: string): Promise<TaskRow | undefined> {
  return db
    .selectFrom('tasks')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** One whose moment has come waits its turn as any other. */
const SHOWN_STATUS = sql`case when status = 'scheduled' and scheduled_at <= now() then 'queued' else status end`;

/** Newest first, after `position`. */
export async function listTasks(
  db: Db,
  orgId: string,
  filter: Omit<TaskFilter, 'cursor'> & { scheduleId?: string },
  position: Position | undefined,
): Promise<TaskRow[]> {
  const {
    status,
    agent_name: agentName,
    session_id: sessionId,
    schedule_id: scheduleId,
    priority,
    limit,
  } = filter;
  let query = db.selectFrom('tasks').selectAll().where('org_id', '=', orgId);
  if (status !== undefined) query = query.where(sql<boolean>`${SHOWN_STATUS} = ${status}`);
  if (agentName !== undefined) query = query.where('agent_name', '=', agentName);
  if (sessionId !== undefined) query = query.where('session_id', '=', sessionId);
  if (scheduleId !== undefined) query = query.where('schedule_id', '=', scheduleId);
  if (priority !== undefined) query = query.where('priority', '=', priority);
  if (filter.scheduleId !== undefined) query = query.where('schedule_id', '=', filter.scheduleId);
  if (position) query = query.where(sql<boolean>`(created_at, id) < (${position.createdAt}, ${position.id})`);
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
}

/** Begins a task, or goes on with one whose workflow was started anew; undefined where it has ended or is unknown. */
export async function beginTask(
  db: Db,
  { orgId, id }: { orgId: string; id: string },
  at: Date,
): Promise<TaskRow | undefined> {
  return db
    .updateTable('tasks')
    .set((row) => ({
      status: 'running',
      started_at: sql<Date>`coalesce(started_at, ${at})`,
      overdue_at: sql<Date>`${at}::timestamptz + make_interval(secs => (${row.ref('timeout_ms')} + ${END_GRACE_MS}) / 1000.0)`,
    }))
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .where(sql<boolean>`not ${HAS_ENDED}`)
    .returningAll()
    .executeTakeFirst();
}

/** Notes why a task is about to fail, for whoever ends it. */
export async function noteError(
  db: Db,
  { orgId, id }: { orgId: string; id: string },
  { category, message }: { category: ErrorCategory; message: string },
): Promise<void> {
  await db
    .updateTable('tasks')
    .set({ error_category: category, error_message: clean(message) })
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .where(sql<boolean>`not ${HAS_ENDED}`)
    .execute();
}

/** What a task came to. */
export interface TaskEnd {
  status: Extract<TaskStatus, 'completed' | 'failed' | 'cancelled' | 'timed_out'>;
  /** Kept as it stands where undefined. */
  output?: unknown;
  error: { category: ErrorCategory; message: string } | null;
  at: Date;
}

/** A message of a failure is for people: what is longer tells them no more. */
const LONGEST_MESSAGE = 2_000;
const clean = (message: string) => message.replaceAll('\0', '').slice(0, LONGEST_MESSAGE);

/** Ends a task; undefined where it had ended before: whoever comes first decides. */
export async function endTask(
  db: Db,
  { orgId, id }: { orgId: string; id: string },
  { status, output, error, at }: TaskEnd,
): Promise<TaskRow | undefined> {
  return db
    .updateTable('tasks')
    .set({
      status,
      ...(output === undefined ? {} : { output: JSON.stringify(output) }),
      error_category: error?.category ?? null,
      error_message: error ? clean(error.message) : null,
      completed_at: at,
      overdue_at: null,
    })
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .where(sql<boolean>`not ${HAS_ENDED}`)
    .returningAll()
    .executeTakeFirst();
}

/** Ends the tasks below one that has ended: nobody wants what they would come to. Answers those that had not ended. */
export async function endDescendants(
  db: Db,
  { org_id: orgId, id, root_id: rootId }: Pick<TaskRow, 'org_id' | 'id' | 'root_id'>,
  at: Date,
): Promise<TaskRow[]> {
  const { rows } = await sql<TaskRow>`
    with recursive below (id) as (
      select id from tasks where org_id = ${orgId} and root_id = ${rootId} and parent_id = ${id}
      union all
      select child.id from tasks child join below on child.parent_id = below.id
      where child.org_id = ${orgId} and child.root_id = ${rootId} and child.parent_id is not null)
    update tasks set status = 'cancelled', error_category = 'cancelled', completed_at = ${at}, overdue_at = null,
      error_message = 'the task that it is a part of has ended'
    where org_id = ${orgId} and root_id = ${rootId} and parent_id is not null and id in (select id from below)
      and not ${HAS_ENDED}
    returning *`.execute(db);
  return rows;
}

/** Calls of ended tasks that were not begun: nobody makes them any more. One that is under way ends by itself. */
export async function endUnmadeCalls(db: Db, orgId: string, taskIds: readonly string[]): Promise<void> {
  await db
    .updateTable('tool_calls')
    .set({ status: 'failed', error: 'the task ended before this call was made' })
    .where('org_id', '=', orgId)
    .where('task_id', 'in', taskIds)
    .where('status', 'in', ['requested', 'awaiting_approval', 'approved'])
    .execute();
}

/** A task that waits for a person, or goes on after one decided; nothing where it has ended. */
export async function setWaiting(
  db: Db,
  { orgId, id }: { orgId: string; id: string },
  { status, overdueAt }: { status: 'running' | 'awaiting_approval'; overdueAt: Date },
): Promise<void> {
  await db
    .updateTable('tasks')
    .set({ status, overdue_at: overdueAt })
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .where(sql<boolean>`not ${HAS_ENDED}`)
    .execute();
}

/** Whether a task of any organisation could begin and has not. */
export async function doesTaskWait(db: Db): Promise<boolean> {
  const { rows } = await sql<{ waits: boolean }>`
    select exists (select from tasks where overdue_at is not null and started_at is null
      and (scheduled_at is null or scheduled_at <= now())) as waits`.execute(db);
  return rows[0]?.waits ?? false;
}

/**
 * Tasks whose workflow ought to have begun or ended them by now, marked so that each comes round once in a minute:
 * the workflow of one was lost, or only late.
 */
export async function takeOverdueTasks(
  db: Db,
  { now, limit }: { now: Date; limit: number },
): Promise<TaskRow[]> {
  const { rows } = await sql<TaskRow>`
    update tasks set overdue_at = ${now}::timestamptz + interval '1 minute', rearmed = rearmed + 1
    where ctid = any(array(
      select ctid from tasks where overdue_at < ${now} order by overdue_at limit ${limit} for update skip locked))
    returning *`.execute(db);
  return rows;
}
