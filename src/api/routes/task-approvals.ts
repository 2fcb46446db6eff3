import { type Decided, decideCalls, isAwaiting, lockTask } from '../../db/approvals.js';
import type { Db } from '../../db/database.js';
import { appendEvents } from '../../db/events.js';
import { getToolCall, type ToolCallRow, toolCallsOf } from '../../db/task-calls.js';
import { hasEnded, setWaiting, type TaskRow } from '../../db/tasks.js';
import { Problem } from '../../schemas/problem.js';
import { Decision, TaskAnswer } from '../../schemas/task.js';
import { END_GRACE_MS } from '../../schemas/task-limits.js';
import { taskEvent } from '../../tasks/tasks.js';
import type { Caller } from '../caller.js';
import { ApiProblem } from '../problem.js';
import { readTask } from '../read-task.js';
import { route } from '../route.js';
import type { Services } from '../services.js';
import { taskDetail } from '../task-answer.js';
import { callers, tag } from './tasks.js';

const decidedEvents = (task: TaskRow, calls: readonly ToolCallRow[], { decision, by, at }: Decided) =>
  calls.map(({ id: callId, name: tool, place }) =>
    taskEvent(task, 'task.approval_decided', { callId, tool, place, decision, decidedBy: by }, at),
  );

/** Whether the same was decided before: a repeat after a lost answer tells the task once more. */
async function wasDecided(tx: Db, task: TaskRow, { decision, callId }: Decided): Promise<boolean> {
  const calls = await toolCallsOf(tx, task.org_id, [task.id]);
  return calls.some(
    ({ id, status, decided_by: by }) =>
      by !== null &&
      (status === 'rejected') === (decision === 'rejected') &&
      (callId === undefined || callId === id),
  );
}

/** Why nothing was decided. */
async function undecidable(tx: Db, task: TaskRow, callId: string | undefined): Promise<ApiProblem> {
  if (callId === undefined) return new ApiProblem('wrong_state', 'nothing of the task waits for a decision');
  const call = await getToolCall(tx, task.org_id, callId);
  if (call?.task_id !== task.id)
    return new ApiProblem('not_found', `the task has no call of a tool "${callId}"`);
  const { status, decided_by: by } = call;
  if (by !== null) {
    const decision = status === 'rejected' ? 'rejected' : 'approved';
    return new ApiProblem('wrong_state', `the call "${callId}" was ${decision} by ${by} already`);
  }
  if (hasEnded(task.status))
    return new ApiProblem('wrong_state', `the task is ${task.status}: its calls wait for nobody any more`);
  return status === 'awaiting_approval'
    ? new ApiProblem('wrong_state', `the call "${callId}" was not approved in time`)
    : new ApiProblem('wrong_state', `the call "${callId}" is ${status}: it waits for no decision`);
}

async function decide(task: TaskRow, decided: Decided, tx: Db): Promise<void> {
  const calls = hasEnded(task.status) ? [] : await decideCalls(tx, task, decided);
  if (calls.length === 0) {
    if (!hasEnded(task.status) && (await wasDecided(tx, task, decided))) return;
    throw await undecidable(tx, task, decided.callId);
  }
  await appendEvents(tx, decidedEvents(task, calls, decided));
  if (await isAwaiting(tx, task)) return;
  const overdueAt = new Date(decided.at.getTime() + task.timeout_ms + END_GRACE_MS);
  await setWaiting(tx, { orgId: task.org_id, id: task.id }, { status: 'running', overdueAt });
}

interface DecisionRequest {
  params: { id: string };
  body: Decision;
  caller: Caller;
}

async function answer(
  decision: Decided['decision'],
  { params: { id }, body, caller: { orgId, keyId } }: DecisionRequest,
  services: Services,
) {
  const { database, starter, clock } = services;
  const decided: Decided = {
    decision,
    callId: body.tool_call_id,
    by: body.decided_by ?? keyId,
    reason: body.reason ?? null,
    at: new Date(clock()),
  };
  const { priority, agent_id: agentId } = await database.db.transaction().execute(async (tx) => {
    const task = await lockTask(tx, orgId, id);
    if (!task) throw new ApiProblem('not_found', 'there is no such task');
    await decide(task, decided, tx);
    return task;
  });
  // What was decided stands; a repeat of the request tells the task again.
  await starter.tellTask({ orgId, taskId: id }, { priority, agentId });
  const row = await readTask(services, { orgId, id, word: 'task' });
  return { task: await taskDetail(row, services) };
}

const common = { method: 'post', callers, orgWide: true, tag, body: Decision } as const;
const answers = { 200: TaskAnswer, 404: Problem, 409: Problem };

const approveRoute = route({
  ...common,
  path: '/tasks/:id/approve',
  summary: 'Approve calls of tools that wait for it',
  description:
    'They are made with the arguments that `GET /tasks/:id` shows. After their deadline it is too late: 409.',
  answers,
  handle: (request, services) => answer('approved', request, services),
});

const rejectRoute = route({
  ...common,
  path: '/tasks/:id/reject',
  summary: 'Reject calls of tools that wait for approval',
  description: 'The task goes on: its model is told, with the reason.',
  answers,
  handle: (request, services) => answer('rejected', request, services),
});

export const taskApprovalRoutes = [approveRoute, rejectRoute];
