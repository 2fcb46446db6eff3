import type { Context } from 'koa';
import type { Authenticate } from './authenticate.js';
import { readBody } from './body.js';
import { checkOwn, createCalls, READS } from './call.js';
import type { AnyCaller } from './caller.js';
import { unlessStuck } from './deadline.js';
import { readIdempotencyKey } from './idempotency.js';
import { decodeParams, readQuery } from './query.js';
import { POLICY_HEADER, type RateLimit, STATE_HEADER } from './rate-limit.js';
import { type Reply, type Route, Stream } from './route.js';
import type { Found } from './route-table.js';
import type { Services } from './services.js';
import { RequestSurroundings } from './surroundings.js';

/** What answering takes. */
export interface AnswerOptions {
  services: Services;
  authenticate: Authenticate;
  rateLimit: RateLimit;
}

/** How one request to one route is answered: who, how often, what, and then the handler. */
export function createAnswer({ services, authenticate, rateLimit }: AnswerOptions) {
  const { probes, stopping, config } = services;
  const calls = createCalls({ services, rateLimit });

  async function identify(ctx: Context, route: Route): Promise<AnyCaller | null> {
    if (route.callers.includes('open')) return null;
    const caller = await unlessStuck(authenticate(ctx.req), probes, READS);
    const limit = await calls.admit(route, caller);
    if (limit) {
      ctx.res.setHeader(POLICY_HEADER, limit[0]);
      ctx.res.setHeader(STATE_HEADER, limit[1]);
    }
    return caller;
  }

  const readJson = (ctx: Context, route: Route) =>
    readBody(ctx.req, {
      limitBytes: route.bodyLimitBytes,
      isOptional: route.isBodyOptional,
      nullRemoves: route.method === 'patch',
    });

  return async (ctx: Context, { route, params: encoded }: Found): Promise<void> => {
    const caller = await identify(ctx, route);
    const params = decodeParams(encoded);
    checkOwn(route, caller, params);
    const query = readQuery(ctx.querystring);
    const body = route.body ? await readJson(ctx, route) : undefined;
    const { req, res, path } = ctx;
    const requestId: string = ctx.state.requestId;
    const around = new RequestSurroundings({ req, res, requestId, stopping, config, calls, caller });
    const key = route.idempotent && caller ? readIdempotencyKey(req.headers['idempotency-key']) : null;
    write(ctx, await calls.handle(route, { params, query, body, caller, path, key }, around));
  };
}

function write(ctx: Context, reply: Reply<unknown> | Stream): void {
  if (reply instanceof Stream) {
    ctx.status = 200;
    if (ctx.method === 'HEAD') return;
    ctx.respond = false;
    reply.run(ctx.req, ctx.res);
    return;
  }
  const { status, body, headers } = reply;
  ctx.status = status;
  for (const name in headers) ctx.res.setHeader(name, headers[name] ?? '');
  if (body === null || body === undefined) {
    ctx.body = null;
    ctx.status = status;
  } else if (typeof body === 'string' || Buffer.isBuffer(body)) {
    ctx.body = body;
  } else {
    if (!ctx.res.hasHeader('Content-Type'))
      ctx.res.setHeader('Content-Type', 'application/json; charset=utf-8');
    ctx.body = JSON.stringify(body);
  }
}
