import { type ListTasksRequest, type ListTasksResponse, type Task, TaskState } from '@a2a-js/sdk';
import { RequestMalformedError } from '@a2a-js/sdk/errors';
import { a2aTask, type OwnTask, statusesOf } from './a2a-task.js';
import type { DoorOptions } from './door.js';

const MOST_LISTED = 100;
/** Which of the statuses of a state, and where in its list. */
const TOKEN = /^(\d)\.(.*)$/s;

type Wanted = Pick<ListTasksRequest, 'contextId' | 'status' | 'pageToken'> & { limit: number };

/** So many tasks, or as many as there are. A state may be several of our statuses: one comes after the other. */
async function pageOf(
  { contextId, status, pageToken, limit }: Wanted,
  { agent, calls }: Pick<DoorOptions, 'agent' | 'calls'>,
): Promise<{ tasks: OwnTask[]; nextPageToken: string }> {
  const statuses = status === TaskState.TASK_STATE_UNSPECIFIED ? [undefined] : statusesOf(status);
  const [, from, position = ''] = TOKEN.exec(pageToken || '0.') ?? [];
  if (from === undefined) throw new RequestMalformedError('pageToken: is not the nextPageToken of a page');
  const tasks: OwnTask[] = [];
  let cursor = position;
  for (const [index, wanted] of [...statuses.entries()].slice(Number(from))) {
    if (tasks.length === limit) return { tasks, nextPageToken: `${index}.` };
    const page = await calls.list({
      limit: String(limit - tasks.length),
      ...(cursor ? { cursor } : {}),
      ...(contextId ? { session_id: contextId } : {}),
      ...(agent ? { agent_name: agent.name } : {}),
      ...(wanted ? { status: wanted } : {}),
    });
    tasks.push(...page.tasks);
    if (page.nextCursor !== null) return { tasks, nextPageToken: `${index}.${page.nextCursor}` };
    cursor = '';
  }
  return { tasks, nextPageToken: '' };
}

/** Whether a task came to be as it is at a moment, or later; throws where that is none. */
function isSince(moment: string): (task: Task) => boolean {
  const since = Date.parse(moment);
  if (Number.isNaN(since)) throw new RequestMalformedError('statusTimestampAfter: is not a moment');
  return ({ status }) => Date.parse(status?.timestamp ?? '') >= since;
}

/** A page of tasks; how many there are in all is not counted: `totalSize` is that of the page. */
export async function listTasks(
  request: ListTasksRequest,
  door: Pick<DoorOptions, 'agent' | 'calls'>,
): Promise<ListTasksResponse> {
  const { pageSize = 50, historyLength = 0, includeArtifacts = false, statusTimestampAfter } = request;
  const isWanted = statusTimestampAfter ? isSince(statusTimestampAfter) : () => true;
  const limit = Math.min(Math.max(1, pageSize), MOST_LISTED);
  const { tasks, nextPageToken } = await pageOf({ ...request, limit }, door);
  const shown = tasks.map((task) => a2aTask(task, historyLength)).filter(isWanted);
  return {
    tasks: includeArtifacts ? shown : shown.map((task) => ({ ...task, artifacts: [] })),
    nextPageToken,
    pageSize: limit,
    totalSize: shown.length,
  };
}
