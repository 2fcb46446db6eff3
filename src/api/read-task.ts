import { getTask, hasEnded, type TaskRow } from '../db/tasks.js';
import { shownToolCalls } from '../db/tool-call-views.js';
import { tellsOf } from '../domain/ended-notice.js';
import { ApiProblem } from './problem.js';
import type { Services } from './services.js';
import { waitUntil } from './wait.js';

/** What a task is called where it was asked for. */
export type TaskWord = 'task' | 'execution';
const unknown = (word: TaskWord) => new ApiProblem('not_found', `there is no such ${word}`);

/** A task of the organisation, with `wait` (ms) once it has ended or the wait is over. */
export async function readTask(
  { database, db }: Services,
  { orgId, id, word }: { orgId: string; id: string; word: TaskWord },
  waiting?: { wait: number | undefined; signal: AbortSignal },
): Promise<TaskRow> {
  const read = () => getTask(db, orgId, id);
  const row =
    waiting?.wait === undefined
      ? await read()
      : await waitUntil({
          database,
          channel: 'ended',
          isOurs: (notice) => tellsOf(notice, orgId, id),
          read,
          hasEnded: (task) => task === undefined || hasEnded(task.status),
          millis: waiting.wait,
          signal: waiting.signal,
        });
  if (!row) throw unknown(word);
  return row;
}

/** The tools that one task called: the latest. */
export const callsOf = ({ db }: Pick<Services, 'db'>, task: TaskRow) => shownToolCalls(db, task);

/** Ends a task as cancelled, or throws `wrong_state` where it had ended. What it is doing is stopped. */
export async function cancelTask(
  services: Services,
  { orgId, id, word }: { orgId: string; id: string; word: TaskWord },
  reason: string | undefined,
): Promise<TaskRow> {
  const ref = { orgId, taskId: id };
  const message = reason === undefined ? 'was cancelled' : `was cancelled: ${reason}`;
  const ended = await services.tasks.end(ref, {
    status: 'cancelled',
    error: { category: 'cancelled', message },
    at: new Date(services.clock()),
  });
  if (!ended) {
    const { status } = await readTask(services, { orgId, id, word });
    throw new ApiProblem('wrong_state', `the ${word} is ${status}: it can no longer be cancelled`);
  }
  // Not waited for: the row has ended, and whatever the task does next finds that out.
  void services.starter.tryCancelTask(ref);
  return ended;
}
