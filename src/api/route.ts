import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { AnyCaller, CallerKind, CallerOf } from './caller.js';
import { ApiProblem, invalid } from './problem.js';
import type { Services } from './services.js';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

type ParamNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamNames<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;
type PathParams<Path extends string> = { [Name in ParamNames<Path>]: string };

/** An answer that is more, or other, than JSON of one schema; without a media type it has no body. */
export interface Described {
  description: string;
  schema?: z.ZodType;
  /** Media types of a body that is text, bytes or a stream. */
  mediaTypes?: string[];
}
export type Answers = Record<number, z.ZodType | Described>;

/** Tells the two kinds of answers apart. */
export const isDescribed = (answer: z.ZodType | Described): answer is Described =>
  !(answer instanceof z.ZodType);

type SchemaOf<A> = A extends z.ZodType
  ? z.input<A>
  : A extends { schema: infer S extends z.ZodType }
    ? z.input<S>
    : never;
type TextOf<A> = A extends { mediaTypes: string[] } ? string | Buffer : never;
type Success = 200 | 201 | 202 | 204;
type BodyOf<A extends Answers> = {
  [Status in Extract<keyof A, Success>]: SchemaOf<A[Status]> | TextOf<A[Status]>;
}[Extract<keyof A, Success>];

/** An answer with a status or headers of its own. */
export class Reply<Body> {
  constructor(
    readonly status: number,
    readonly body: Body,
    readonly headers: Record<string, string> = {},
    /** False where a repeat under the same Idempotency-Key may come to more. */
    readonly isFinal = true,
  ) {}
}

/** An answer that is written by hand: a stream. */
export class Stream {
  constructor(readonly run: (req: IncomingMessage, res: ServerResponse) => void) {}
}

/** A call of a route from within: what a request over HTTP would have said. */
export interface Asked {
  params: Record<string, string>;
  query: Record<string, string>;
  body: unknown;
  /** Its Idempotency-Key, where the route takes one. */
  key?: string | null;
  headers?: Record<string, string>;
  /** Ends it sooner than the request that it is a part of. */
  signal?: AbortSignal;
}

type Handled<A extends Answers> = BodyOf<A> | Reply<BodyOf<A> | null> | Stream;

/** What of a request does not depend on its route. */
export interface Surroundings {
  requestId: string;
  /** Aborted when the caller goes away or the process stops. */
  readonly signal: AbortSignal;
  /** Where the request comes from: the client's, behind trusted proxies. */
  readonly address: string;
  /** What this API's URLs begin with, as the caller reaches it. */
  readonly origin: string;
  /** Of a header, its value or an empty text. */
  header: (name: string) => string;
  /** The id of what this request creates; of the nth thing, when it creates several. The same for a repeat. */
  idFor: (index?: number) => string;
  /** Calls another route as the same caller: with the same rights, checks and problems as over HTTP. */
  ask: (route: Route, asked: Asked) => Promise<Reply<unknown> | Stream>;
}

export interface RouteRequest<Params, Query, Body, Who> extends Surroundings {
  params: Params;
  query: Query;
  body: Body;
  caller: Who;
}

/** A parameter type that was not given is the constraint itself. */
type ParamsOf<Path extends string, Params extends z.ZodObject> = [z.ZodObject] extends [Params]
  ? PathParams<Path>
  : z.output<Params>;
type QueryOf<Query extends z.ZodObject> = [z.ZodObject] extends [Query]
  ? Record<string, never>
  : z.output<Query>;

interface Definition<
  Path extends string,
  Kind extends CallerKind,
  A extends Answers,
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
> {
  method: Method;
  /** `/timers/:id/cancel` */
  path: Path;
  callers: readonly Kind[];
  /** Whether it counts against the caller's rate; as routes with callers do by default. */
  limited?: boolean;
  /** Takes an Idempotency-Key: it creates something, and its handler may run again with the same ids. */
  idempotent?: boolean;
  /** Refuses keys that are limited to tenants: it concerns the whole organisation. */
  orgWide?: boolean;
  /** What it answers has an ETag; what it changes is changed only where an If-Match allows it. */
  etag?: boolean;
  /** An agent may call it about another one. */
  isForOthers?: boolean;
  /** Agents have a larger quota for it: it is their mail. */
  isMail?: boolean;
  /** Waits by itself for what it needs, and says itself what is away. */
  isPatient?: boolean;
  summary: string;
  description?: string;
  tag: string;
  /** Serves pages and their files: not part of the documented interface. */
  hidden?: boolean;
  /** What does not parse is unknown: 404. */
  params?: Params;
  query?: Query;
  body?: Body;
  bodyLimit?: '1mb' | '8mb';
  answers: A;
  handle(
    request: RouteRequest<ParamsOf<Path, Params>, QueryOf<Query>, z.output<Body>, CallerOf<Kind>>,
    services: Services,
  ): Promise<Handled<A>> | Handled<A>;
}

/** A request as it came, parsed no further than JSON. */
export interface RawRequest {
  params: Record<string, string>;
  query: Record<string, string>;
  body: unknown;
  caller: AnyCaller | null;
}

/** Runs what was prepared; answers a body, a {@link Reply} or a {@link Stream}. */
type Run = (around: Surroundings, services: Services) => unknown;

/** A route as the application sees it. */
export interface Route {
  method: Method;
  path: string;
  callers: readonly CallerKind[];
  limited: boolean;
  idempotent: boolean;
  orgWide: boolean;
  etag: boolean;
  isForOthers: boolean;
  isMail: boolean;
  isPatient: boolean;
  summary: string;
  description: string | undefined;
  tag: string;
  hidden: boolean;
  params: z.ZodObject | undefined;
  query: z.ZodObject;
  body: z.ZodType | undefined;
  /** Whether the body may be left out. */
  isBodyOptional: boolean;
  bodyLimitBytes: number;
  answers: Answers;
  /** The status of an answer that does not say otherwise. */
  successStatus: number;
  /** Checks a request; throws the problem that names what is wrong with it. */
  prepare(raw: RawRequest): Run;
}

const NO_QUERY = z.object({});
const LIMIT_BYTES = { '1mb': 1_048_576, '8mb': 8_388_608 };
/** No id of ours or of a caller has other characters; what cannot exist is unknown. */
const POSSIBLE_PARAM = /^[\x21-\x7e]{1,300}$/;

function checkParams(schema: z.ZodType | undefined, params: Record<string, string>): unknown {
  const arePossible = Object.values(params).every((value) => POSSIBLE_PARAM.test(value));
  const parsed = schema ? schema.safeParse(params) : { success: true as const, data: params };
  if (!arePossible || !parsed.success)
    throw new ApiProblem('not_found', 'there is nothing here, or not for you');
  return parsed.data;
}

function checkQuery(schema: z.ZodObject, query: Record<string, string>): unknown {
  const unknown = Object.keys(query).filter((name) => !Object.hasOwn(schema.shape, name));
  if (unknown.length > 0) {
    throw invalid(unknown.map((path) => ({ path, message: 'is not a known query parameter' })));
  }
  return check(schema, query);
}

function check(schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalid(parsed.error);
  return parsed.data;
}

/** One definition: validation, types, documentation and handler of one method on one path. */
export function route<
  const Path extends string,
  const Kind extends CallerKind,
  A extends Answers,
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodUndefined,
>(definition: Definition<Path, Kind, A, Params, Query, Body>): Route {
  const { params, query = NO_QUERY, body, bodyLimit = '1mb', answers, callers, description } = definition;
  type Request = Parameters<typeof definition.handle>[0];
  return {
    ...definition,
    description,
    params,
    query,
    body,
    limited: definition.limited ?? !callers.some((kind) => kind === 'open'),
    idempotent: definition.idempotent ?? false,
    orgWide: definition.orgWide ?? false,
    etag: definition.etag ?? false,
    isForOthers: definition.isForOthers ?? false,
    isMail: definition.isMail ?? false,
    isPatient: definition.isPatient ?? false,
    hidden: definition.hidden ?? false,
    isBodyOptional: body?.safeParse({}).success ?? true,
    bodyLimitBytes: LIMIT_BYTES[bodyLimit],
    successStatus: Number(Object.keys(answers).find((status) => status.startsWith('2')) ?? 200),
    prepare(raw) {
      const parsed = {
        params: checkParams(params, raw.params),
        query: checkQuery(query, raw.query),
        body: body ? check(body, raw.body) : undefined,
        caller: raw.caller,
      };
      // The schemas above are those that the handler's types come from.
      return (around, services) =>
        definition.handle(Object.assign(around, parsed) as unknown as Request, services);
    },
  };
}
