import { findOrg } from '../db/orgs.js';
import { getTask, hasEnded, type TaskRow } from '../db/tasks.js';
import { ensureHosted } from '../hosted/ensure-hosted.js';
import type { Context } from '../process/context.js';
import type { FieldError } from '../schemas/field-errors.js';
import type { TaskRequest } from '../schemas/task.js';
import { resultOf } from '../tasks/result-deliveries.js';
import { fingerprintOfRequest, type PlannedTask, planTask } from '../tasks/task-request.js';

/** What became of a request; `error` is for whoever made it. */
export type Taken =
  | { kind: 'taken' }
  /** It was made before; its result, where it has ended. */
  | { kind: 'repeated'; taskId: string; result: string | null }
  | { kind: 'refused'; error: string };

export interface TakeInOptions
  extends Pick<Context, 'database' | 'tasks' | 'catalogue' | 'vault' | 'guard' | 'config'> {
  /** Whose the tasks are; by default those of the organisation of the streams. */
  orgId?: string;
}

const repeatOf = (row: TaskRow, fingerprint: string): Taken =>
  row.fingerprint === fingerprint
    ? { kind: 'repeated', taskId: row.id, result: hasEnded(row.status) ? resultOf(row) : null }
    : { kind: 'refused', error: 'another task has this task_id' };

/** Whether the organisation that they belong to is there, with the agents that it is given. */
export async function hasOrg({
  database,
  catalogue,
  vault,
  config,
  orgId = config.REDIS_ORG,
}: TakeInOptions): Promise<boolean> {
  if (!(await findOrg(database.db, orgId))) return false;
  await ensureHosted(database.db, catalogue, vault, { orgId });
  return true;
}

const refusalOf = (planned: Exclude<PlannedTask, { kind: 'ready' }>): Taken => {
  if (planned.kind === 'unavailable') return { kind: 'refused', error: planned.message };
  const words = ({ path, message }: FieldError) => `${path}: ${message}`;
  return { kind: 'refused', error: planned.errors.map(words).join('; ') };
};

/**
 * Makes a request a task, once for its id: it is durable, and owned by a workflow, before this answers. Rejects when
 * the database or Temporal is away; what was done by then is found the next time.
 */
export async function takeIn(
  options: TakeInOptions,
  request: TaskRequest & { task_id: string },
): Promise<Taken> {
  const { database, tasks, config, orgId = config.REDIS_ORG } = options;
  const { task_id: id } = request;
  const fingerprint = fingerprintOfRequest(request);
  const standing = await getTask(database.db, orgId, id);
  if (standing) return repeatOf(standing, fingerprint);
  const planned = await planTask({ ...options, db: database.db }, orgId, request);
  if (planned.kind !== 'ready') return refusalOf(planned);
  const { row, wasNew } = await tasks.submit({
    ...{ orgId, id, fingerprint, createdAt: new Date(), parent: null },
    ...planned.plan,
  });
  return wasNew ? { kind: 'taken' } : repeatOf(row, fingerprint);
}
