import { z } from 'zod';
import { listTasks } from '../../db/tasks.js';
import { wholeToolCall } from '../../db/tool-call-views.js';
import { Problem } from '../../schemas/problem.js';
import {
  Cancellation,
  TaskAccepted,
  TaskAnswer,
  TaskFilter,
  TaskPage,
  TaskRequest,
  ToolCallAnswer,
} from '../../schemas/task.js';
import { fingerprintOfRequest, planTask } from '../../tasks/task-request.js';
import { readPage } from '../page.js';
import { ApiProblem } from '../problem.js';
import { cancelTask, readTask } from '../read-task.js';
import { Reply, route } from '../route.js';
import { orProblem, submitOnce } from '../submit-task.js';
import { taskAnswer, taskDetail, toolCallAnswer } from '../task-answer.js';
import { waitQuery } from '../wait.js';

export const tag = 'Tasks';
export const callers = ['key', 'admin'] as const;
const word = 'task' as const;

const createRoute = route({
  method: 'post',
  path: '/tasks',
  callers,
  idempotent: true,
  orgWide: true,
  tag,
  summary: 'Give an agent a task',
  description:
    'It is asked a prompt, or one of its methods with its input; a prompt beside a method is the field `prompt` of its input, where it has one, and else only seen by its code. It is durable, and owned by a workflow, before this answers. The same `task_id` with the same body is the same task.',
  body: TaskRequest,
  answers: { 202: TaskAccepted, 409: Problem, 422: Problem },
  async handle({ body, caller: { orgId }, idFor }, services) {
    const ref = { orgId, id: body.task_id ?? idFor(), fingerprint: fingerprintOfRequest(body) };
    const { id, scheduled_at: startsAt } = await submitOnce(
      services,
      ref,
      async () => orProblem(await planTask(services, orgId, body)).plan,
    );
    const isAhead = startsAt !== null && startsAt.getTime() > services.clock();
    const answer = { task_id: id, status: isAhead ? ('scheduled' as const) : ('queued' as const) };
    return new Reply(202, answer, { Location: `/tasks/${id}` });
  },
});

const listRoute = route({
  method: 'get',
  path: '/tasks',
  callers,
  orgWide: true,
  tag,
  summary: 'List tasks, the newest first',
  query: TaskFilter,
  answers: { 200: TaskPage },
  async handle({ query, caller: { orgId } }, services) {
    const { items: tasks, nextCursor } = await readPage(
      query,
      (limit, position) => listTasks(services.db, orgId, { ...query, limit }, position),
      (rows) => rows.map((row) => taskAnswer(row, services)),
    );
    return { tasks, nextCursor };
  },
});

const getRoute = route({
  method: 'get',
  path: '/tasks/:id',
  callers,
  orgWide: true,
  tag,
  summary: 'A task, or wait until it has ended',
  description: 'With its 500 latest calls of tools; of what is longer than 16 KB their beginning.',
  query: z.object(waitQuery),
  answers: { 200: TaskAnswer, 404: Problem },
  async handle({ params: { id }, query: { wait }, caller: { orgId }, signal }, services) {
    const row = await readTask(services, { orgId, id, word }, { wait, signal });
    return { task: await taskDetail(row, services) };
  },
});

const toolCallRoute = route({
  method: 'get',
  path: '/tasks/:id/tool-calls/:callId',
  callers,
  orgWide: true,
  tag,
  summary: 'A call of a tool, with all that it was given and answered',
  answers: { 200: ToolCallAnswer, 404: Problem },
  async handle({ params: { id, callId }, caller: { orgId } }, services) {
    const call = await wholeToolCall(services.db, await readTask(services, { orgId, id, word }), callId);
    if (!call) throw new ApiProblem('not_found', 'the task has no such call of a tool');
    return { tool_call: toolCallAnswer(call) };
  },
});

const cancelRoute = route({
  method: 'post',
  path: '/tasks/:id/cancel',
  callers,
  orgWide: true,
  tag,
  summary: 'Cancel a task that has not ended',
  description:
    'A call of a model or a tool that is under way is stopped. One that was cancelled before answers the same again.',
  body: Cancellation,
  answers: { 200: TaskAnswer, 404: Problem, 409: Problem },
  async handle({ params: { id }, body: { reason }, caller: { orgId } }, services) {
    const standing = await readTask(services, { orgId, id, word });
    const isCancelled = standing.status === 'cancelled';
    const row = isCancelled ? standing : await cancelTask(services, { orgId, id, word }, reason);
    return { task: await taskDetail(row, services) };
  },
});

export const taskRoutes = [createRoute, listRoute, getRoute, toolCallRoute, cancelRoute];
