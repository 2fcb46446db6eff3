import {
  A2AError,
  RequestMalformedError,
  TaskNotCancelableError,
  TaskNotFoundError,
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

/** What a call of a route is about: a task that is not there has an error of its own. */
type About = 'request' | 'task';

/** What A2A calls a problem that the sender can do something about; everything else stays an HTTP problem. */
function protocolError({ code, status, message, details }: ApiProblem, about: About): Error | null {
  const fields = (details.errors ?? []).map(({ path, message: what }) => `${path}: ${what}`);
  const words = fields.length > 0 ? fields.join('; ') : message;
  if (code === 'not_found' && about === 'task') return new TaskNotFoundError(message);
  if (code === 'wrong_state') return new TaskNotCancelableError(message);
  const isTheirs = [404, 409, 413, 422].includes(status) && details.retryAfterSeconds === undefined;
  return isTheirs ? new RequestMalformedError(`${code}: ${words}`) : null;
}

interface Wish {
  about?: About;
  id?: string;
  query?: Record<string, string>;
  body?: unknown;
  key?: string | null;
}

/** Calls routes as the caller of a request. What is no error of A2A's is kept, for HTTP to answer. */
export function createTaskCalls(routes: TaskRoutes, around: Surroundings, { log }: Pick<Services, 'log'>) {
  let problem: ApiProblem | null = null;

  async function call(name: keyof TaskRoutes, wish: Wish): Promise<unknown> {
    const { about = 'task', id, query = {}, body, key = null } = wish;
    try {
      const params: Record<string, string> = id === undefined ? {} : { id };
      const reply = await around.ask(routes[name], { params, query, body, key });
      return reply instanceof Reply ? reply.body : null;
    } catch (error) {
      throw errorOf(error, about);
    }
  }

  /** What A2A is to make of anything thrown; where it has no error for it, the problem is kept. */
  function errorOf(error: unknown, about: About = 'task'): Error {
    if (error instanceof A2AError || error === problem) return error as Error;
    const found = toProblem(error, log, { request: around.requestId });
    const known = protocolError(found, about);
    if (!known) problem = found;
    return known ?? found;
  }
  const taskOf = (body: unknown) => (body as { task: OwnTask }).task;

  return {
    /** The problem that ended the request, where A2A has no error for it. */
    problem: () => problem,
    errorOf,
    async create(body: object, key: string | null): Promise<string> {
      const created = await call('create', { about: 'request', body, key });
      return (created as { task_id: string }).task_id;
    },
    get: async (id: string): Promise<OwnTask> => taskOf(await call('get', { id })),
    list: async (query: Record<string, string>) =>
      (await call('list', { about: 'request', query })) as { tasks: OwnTask[]; nextCursor: string | null },
    cancel: async (id: string): Promise<OwnTask> => taskOf(await call('cancel', { id, body: {} })),
    decide: async (id: string, verb: 'approve' | 'reject', body: object): Promise<OwnTask> =>
      taskOf(await call(verb, { id, body })),
  };
}
export type TaskCalls = ReturnType<typeof createTaskCalls>;
