import type { Context } from 'koa';
import type { Part } from '../http/probes.js';
import type { Authenticate } from './authenticate.js';
import { readBody } from './body.js';
import type { AnyCaller, CallerKind } from './caller.js';
import { unlessStuck } from './deadline.js';
import { fingerprintOf, once, readIdempotencyKey } from './idempotency.js';
import { ApiProblem } from './problem.js';
import { decodeParams, readQuery } from './query.js';
import { POLICY_HEADER, type RateLimit, STATE_HEADER } from './rate-limit.js';
import { type RawRequest, Reply, type Route, Stream } from './route.js';
import type { Found } from './route-table.js';
import type { Services } from './services.js';
import { RequestSurroundings } from './surroundings.js';

const READS: readonly Part[] = ['database'];
const WRITES: readonly Part[] = ['database', 'engine'];

const CREDENTIALS: Record<CallerKind, string> = {
  key: 'an API key',
  admin: 'an admin token',
  agent: "the agent's own token, which connect answers",
  open: 'no credential',
};

function checkAllowed({ callers, orgWide }: Route, { kind, tenants }: AnyCaller): void {
  if (!callers.includes(kind)) {
    const needed = callers.map((one) => CREDENTIALS[one]).join(' or ');
    throw new ApiProblem('forbidden', `this takes ${needed}`);
  }
  if (orgWide && tenants)
    throw new ApiProblem('forbidden', 'this takes a key that is not limited to tenants');
}

/** Of the routes of an agent, one that calls for itself is let through to those that name it. */
function checkOwn(
  { path, isForOthers }: Route,
  caller: AnyCaller | null,
  { id }: Record<string, string>,
): void {
  if (caller?.kind === 'agent' && !isForOthers && path.startsWith('/agents/:id') && id !== caller.agentId)
    throw new ApiProblem('forbidden', 'this is another agent: a token is good for its own agent only');
}

/** What answering takes. */
export interface AnswerOptions {
  services: Services;
  authenticate: Authenticate;
  rateLimit: RateLimit;
}

/** How one request to one route is answered: who, how often, what, and then the handler. */
export function createAnswer({ services, authenticate, rateLimit }: AnswerOptions) {
  const { probes, stopping, config } = services;

  async function identify(ctx: Context, route: Route): Promise<AnyCaller | null> {
    if (route.callers.includes('open')) return null;
    const caller = await unlessStuck(authenticate(ctx.req), probes, READS);
    checkAllowed(route, caller);
    const limit = route.limited ? await rateLimit(caller, route) : null;
    if (limit) {
      ctx.res.setHeader(POLICY_HEADER, limit[0]);
      ctx.res.setHeader(STATE_HEADER, limit[1]);
    }
    return caller;
  }

  async function handle(ctx: Context, route: Route, raw: RawRequest): Promise<Reply<unknown> | Stream> {
    const run = route.prepare(raw);
    const requestId: string = ctx.state.requestId;
    const around = new RequestSurroundings({ req: ctx.req, res: ctx.res, requestId, stopping, config });
    const { caller } = raw;
    const key = route.idempotent && caller ? readIdempotencyKey(ctx.req.headers['idempotency-key']) : null;
    if (key === null || !caller) return toReply(route, await run(around, services));
    const fingerprint = fingerprintOf(ctx.path, raw.body, caller.tenants);
    return once({ services, route, caller, key, fingerprint }, async (seed) => {
      around.seed = seed;
      const reply = toReply(route, await run(around, services));
      if (reply instanceof Stream) throw new Error('a stream cannot be kept for an Idempotency-Key');
      return reply;
    });
  }

  return async (ctx: Context, { route, params: encoded }: Found): Promise<void> => {
    const caller = await identify(ctx, route);
    const params = decodeParams(encoded);
    checkOwn(route, caller, params);
    const query = readQuery(ctx.querystring);
    const body = route.body
      ? await readBody(ctx.req, {
          limitBytes: route.bodyLimitBytes,
          isOptional: route.isBodyOptional,
          nullRemoves: route.method === 'patch',
        })
      : undefined;
    const raw = { params, query, body, caller };
    const work = handle(ctx, route, raw);
    // What is open and reads works without either part, or says itself which is away.
    const isPatient = query.wait !== undefined || (caller === null && route.method === 'get');
    write(
      ctx,
      isPatient ? await work : await unlessStuck(work, probes, route.method === 'get' ? READS : WRITES),
    );
  };
}

function toReply(route: Route, outcome: unknown): Reply<unknown> | Stream {
  if (outcome instanceof Reply || outcome instanceof Stream) return outcome;
  return new Reply<unknown>(route.successStatus, outcome);
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
