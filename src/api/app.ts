import cors from '@koa/cors';
import Koa, { type Context } from 'koa';
import { inSpan } from '../tracing.js';
import { type AnswerOptions, createAnswer } from './answer.js';
import { observe } from './observe.js';
import { ApiProblem, problemBody, problemHeaders, toProblem } from './problem.js';
import { requestIdOf } from './request-id.js';
import type { Route } from './route.js';
import { createRouteTable } from './route-table.js';
import { secure } from './security-headers.js';
import type { Services } from './services.js';

export interface AppOptions extends AnswerOptions {
  routes: readonly Route[];
}

/** Scheme and authority of a request target as proxies get it. */
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/** A request target as `/path?query`: what comes before it may be no URL at all, and parsers throw at it. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const rest = target.replace(ABSOLUTE, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}

const EXPOSED_HEADERS = [
  'X-Request-Id',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Location',
  'ETag',
  'Idempotency-Replayed',
];

/** The HTTP application: every request ends in an answer of a route or in a problem. */
export function createApp(options: AppOptions): Koa {
  const { config, log } = options.services;
  const app = new Koa();
  app.silent = true;
  app.on('error', (error: unknown) => log.debug({ error }, 'An answer broke off'));
  app.use(oneErrorExit(options.services));
  if (config.CORS_ORIGINS.length > 0) app.use(crossOrigin(config.CORS_ORIGINS));
  app.use(dispatch(options));
  return app;
}

function crossOrigin(origins: string[]): Koa.Middleware {
  const isListed = (ctx: Context) => (origins.includes(ctx.get('Origin')) ? ctx.get('Origin') : '');
  return cors({
    origin: isListed,
    exposeHeaders: EXPOSED_HEADERS,
    maxAge: 600,
    allowMethods: 'GET,POST,PUT,PATCH,DELETE',
  });
}

function oneErrorExit(services: Services): Koa.Middleware {
  return async (ctx, next) => {
    const startedAt = performance.now();
    const requestId = requestIdOf(ctx.req);
    ctx.state.requestId = requestId;
    ctx.res.setHeader('X-Request-Id', requestId);
    secure(ctx.req, ctx.res);
    ctx.req.url = originForm(ctx.req.url ?? '/');
    try {
      await next();
    } catch (error) {
      fail(ctx, error, services);
    }
    // Whoever keeps the connection open would be cut off in the middle of a later request.
    if (!services.isReady()) ctx.set('Connection', 'close');
    observe(ctx, services.log, performance.now() - startedAt);
  };
}

function fail(ctx: Context, error: unknown, { log }: Services): void {
  const { requestId, route } = ctx.state;
  const problem = toProblem(error, log, {
    request: requestId,
    method: ctx.method,
    route,
  });
  if (ctx.headerSent) return;
  ctx.respond = true;
  ctx.status = problem.status;
  ctx.set(problemHeaders(problem));
  ctx.body = problemBody(problem, ctx.path);
}

function dispatch(options: AppOptions): Koa.Middleware {
  const find = createRouteTable(options.routes);
  const answer = createAnswer(options);
  return async (ctx) => {
    if (ctx.req.httpVersion === '1.1' && ctx.req.headers.host === undefined)
      throw new ApiProblem('malformed_request', 'a request has a Host header');
    const match = find(ctx.path);
    if (!match) throw new ApiProblem('not_found', 'there is nothing at this path');
    if (ctx.method === 'OPTIONS') {
      ctx.set('Allow', match.allowed);
      ctx.status = 204;
      return;
    }
    const found = match.find(ctx.method);
    if (!found) {
      throw new ApiProblem('method_not_allowed', `only ${match.allowed} here`, {
        headers: { Allow: match.allowed },
      });
    }
    ctx.state.route = found.route.path;
    await inSpan(`${ctx.method} ${found.route.path}`, ctx.headers, () => answer(ctx, found));
  };
}
