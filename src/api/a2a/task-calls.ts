import {
  A2AError,
  RequestMalformedError,
  TaskNotCancelableError,
  TaskNotFoundError,
  UnsupportedOperationError,
} from '@a2a-js/sdk/errors';
import { type ApiProblem, toProblem } from '../problem.js';
import { Reply, type Route, type Surroundings } from '../route.js';
import { routeNamed } from '../route-named.js';
import type { Services } from '../services.js';
import type { OwnTask } from './a2a-task.js';

/** The routes that A2A calls: it does nothing that these do not. */
export const taskRoutesOf = (routes: readonly Route[]) => ({
  create: routeNamed(routes, 'POST /tasks'),
  get: routeNamed(routes, 'GET /tasks/:id'),
  list: routeNamed(routes, 'GET /tasks'),
  cancel: routeNamed(routes, 'POST /tasks/:id/cancel'),
  approve: routeNamed(routes, 'POST /tasks/:id/approve'),
  reject: routeNamed(routes, 'POST /tasks/:id/reject'),
});
export type TaskRoutes = ReturnType<typeof taskRoutesOf>;

/** What A2A calls a problem that the sender can do something about; everything else stays an HTTP problem. */
function protocolError({ code, status, message, details }: ApiProblem, name: keyof TaskRoutes): Error | null {
  const isAboutTask = name !== 'create' && name !== 'list';
  if (code === 'not_found' && isAboutTask) return new TaskNotFoundError(message);
  if (code === 'wrong_state')
    return name === 'cancel' ? new TaskNotCancelableError(message) : new UnsupportedOperationError(message);
  const fields = (details.errors ?? []).map(({ path, message: what }) => `${path}: ${what}`);
  const words = fields.length > 0 ? fields.join('; ') : message;
  const isTheirs = [404, 409, 413, 422].includes(status) && details.retryAfterSeconds === undefined;
  return isTheirs ? new RequestMalformedError(`${code}: ${words}`) : null;
}

interface Wish {
  id?: string;
  query?: Record<string, string>;
  body?: unknown;
  key?: string | null;
}

/** Calls routes as the caller of a request. What is no error of A2A's is kept, for HTTP to answer. */
export function createTaskCalls(routes: TaskRoutes, around: Surroundings, { log }: Pick<Services, 'log'>) {
  let problem: ApiProblem | null = null;

  async function call(name: keyof TaskRoutes, wish: Wish): Promise<unknown> {
    const { id, query = {}, body, key = null } = wish;
    try {
      const params: Record<string, string> = id === undefined ? {} : { id };
      const reply = await around.ask(routes[name], { params, query, body, key });
      return reply instanceof Reply ? reply.body : null;
    } catch (error) {
      throw errorOf(error, name);
    }
  }

  /** What A2A is to make of anything thrown; where it has no error for it, the problem is kept. */
  function errorOf(error: unknown, name: keyof TaskRoutes = 'get'): Error {
    if (error instanceof A2AError || error === problem) return error as Error;
    const found = toProblem(error, log, { request: around.requestId });
    const known = protocolError(found, name);
    if (!known) problem = found;
    return known ?? found;
  }
  const taskOf = (body: unknown) => (body as { task: OwnTask }).task;

  return {
    /** The problem that ended the request, where A2A has no error for it. */
    problem: () => problem,
    errorOf,
    async create(body: object, key: string | null): Promise<string> {
      const created = await call('create', { body, key });
      return (created as { task_id: string }).task_id;
    },
    get: async (id: string): Promise<OwnTask> => taskOf(await call('get', { id })),
    list: async (query: Record<string, string>) =>
      (await call('list', { query })) as { tasks: OwnTask[]; nextCursor: string | null },
    cancel: async (id: string): Promise<OwnTask> => taskOf(await call('cancel', { id, body: {} })),
    decide: async (id: string, verb: 'approve' | 'reject', body: object): Promise<OwnTask> =>
      taskOf(await call(verb, { id, body })),
  };
}
export type TaskCalls = ReturnType<typeof createTaskCalls>;
