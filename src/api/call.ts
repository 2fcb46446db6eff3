import type { Part } from '../http/probes.js';
import type { AnyCaller, CallerKind } from './caller.js';
import { unlessStuck } from './deadline.js';
import { fingerprintOf, once } from './idempotency.js';
import { ApiProblem } from './problem.js';
import type { LimitHeaders, RateLimit } from './rate-limit.js';
import { type Asked, type RawRequest, Reply, type Route, Stream } from './route.js';
import type { Services } from './services.js';
import type { RequestSurroundings } from './surroundings.js';

export const READS: readonly Part[] = ['database'];
const WRITES: readonly Part[] = ['database', 'engine'];

const CREDENTIALS: Record<CallerKind, string> = {
  key: 'an API key',
  admin: 'an admin token',
  agent: "the agent's own token, which connect answers",
  open: 'no credential',
};

/** Whether a caller of this kind may ask for a route at all. */
export const isOpenTo = ({ callers, orgWide }: Route, { kind, tenants }: AnyCaller): boolean =>
  callers.includes(kind) && !(orgWide && tenants);

function checkAllowed(route: Route, caller: AnyCaller): void {
  if (isOpenTo(route, caller)) return;
  const needed = route.callers.includes(caller.kind)
    ? 'a key that is not limited to tenants'
    : route.callers.map((one) => CREDENTIALS[one]).join(' or ');
  throw new ApiProblem('forbidden', `this takes ${needed}`);
}

/** Whether an agent may ask for a route of an agent's about itself only. */
export const isOwn = ({ path, isForOthers }: Route): boolean =>
  !isForOthers && path.startsWith('/agents/:id');

/** Of the routes of an agent, one that calls for itself is let through to those that name it. */
export function checkOwn(route: Route, caller: AnyCaller | null, { id }: Record<string, string>): void {
  if (caller?.kind === 'agent' && isOwn(route) && id !== caller.agentId)
    throw new ApiProblem('forbidden', 'this is another agent: a token is good for its own agent only');
}

/** A request whose caller may make it, with the path it was sent to and its Idempotency-Key. */
export interface Admitted extends RawRequest {
  path: string;
  key: string | null;
}

/** What makes a call of a route the same over HTTP and from within: who may, how often, once for its key. */
export interface Calls {
  /** Counts a call; answers its limit, and throws where the caller may not make it. */
  admit(route: Route, caller: AnyCaller): Promise<LimitHeaders | null>;
  /** Checks what was sent, and handles it. */
  handle(route: Route, request: Admitted, around: RequestSurroundings): Promise<Reply<unknown> | Stream>;
  /** Handles what another route asks for, as the same caller; it is part of a request that was counted. */
  ask(
    route: Route,
    asked: Asked,
    caller: AnyCaller,
    around: RequestSurroundings,
  ): Promise<Reply<unknown> | Stream>;
}

/** Handles a request, once for its key where it has one. */
async function run(
  services: Services,
  route: Route,
  request: Admitted,
  around: RequestSurroundings,
): Promise<Reply<unknown> | Stream> {
  const runPrepared = route.prepare(request);
  const { caller, key, path, body } = request;
  if (key === null || !caller) return toReply(route, await runPrepared(around, services));
  const fingerprint = fingerprintOf(path, body, caller.tenants);
  return once({ services, route, caller, key, fingerprint }, async (seed) => {
    around.seed = seed;
    const reply = toReply(route, await runPrepared(around, services));
    if (reply instanceof Stream) throw new Error('a stream cannot be kept for an Idempotency-Key');
    return reply;
  });
}

export function createCalls({ services, rateLimit }: { services: Services; rateLimit: RateLimit }): Calls {
  async function admit(route: Route, caller: AnyCaller): Promise<LimitHeaders | null> {
    checkAllowed(route, caller);
    return route.limited ? rateLimit(caller, route) : null;
  }

  function handle(route: Route, request: Admitted, around: RequestSurroundings) {
    const work = run(services, route, request, around);
    // What is open and reads works without either part, or says itself which is away.
    const isPatient =
      route.isPatient || request.query.wait !== undefined || (!request.caller && route.method === 'get');
    return isPatient ? work : unlessStuck(work, services.probes, route.method === 'get' ? READS : WRITES);
  }

  return {
    admit,
    handle,
    async ask(route, { params, query, body, key = null }, caller, around) {
      checkAllowed(route, caller);
      checkOwn(route, caller, params);
      const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
      return handle(route, { params, query, body, caller, path, key: route.idempotent ? key : null }, around);
    },
  };
}

function toReply(route: Route, outcome: unknown): Reply<unknown> | Stream {
  if (outcome instanceof Reply || outcome instanceof Stream) return outcome;
  return new Reply<unknown>(route.successStatus, outcome);
}
