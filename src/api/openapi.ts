import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponsesObject } from 'zod-openapi';
import { Problem } from '../schemas/problem.js';
import type { CallerKind } from './caller.js';
import { isDescribed, type Route } from './route.js';

/** What a status means wherever it is answered, and the name of its description. */
const FAILURES: Record<number, { name: string; description: string }> = {
  400: { name: 'Malformed', description: 'Not JSON, not UTF-8, or not HTTP as it should be' },
  401: { name: 'Unauthorized', description: 'No valid credential' },
  403: { name: 'Forbidden', description: 'The credential may not do this' },
  404: { name: 'NotFound', description: "Unknown, or another organisation's" },
  409: { name: 'Conflict', description: 'Not possible in its present state, or still in flight' },
  412: { name: 'PreconditionFailed', description: 'It is another revision than `If-Match` names' },
  413: { name: 'TooLarge', description: 'The body, or a field of it, is too large' },
  415: { name: 'UnsupportedMediaType', description: 'The body is not JSON' },
  422: { name: 'Invalid', description: 'A field or parameter breaks the schema; `errors` names each' },
  429: { name: 'RateLimited', description: 'Over the limit; `Retry-After` says when to come again' },
  500: { name: 'Internal', description: 'An unexpected error' },
  503: {
    name: 'Unavailable',
    description: 'The database or the engine cannot be reached; `Retry-After` says when to come again',
  },
};

const header = (description: string, type: 'string' | 'integer' = 'string') => ({
  description,
  schema: { type },
});
const HEADERS = {
  'X-Request-Id': header("The caller's own, or a new one"),
  RateLimit: header('What is left of the quota: `"default";r=99;t=60`'),
  'RateLimit-Policy': header('The quota: `"default";q=100;w=60`'),
  'Retry-After': header('Seconds', 'integer'),
  'WWW-Authenticate': header('How to authenticate'),
  ETag: header('The revision of what is answered, for `If-Match`'),
  'Idempotency-Replayed': header('`true` when this is the first answer, given again'),
};
type HeaderName = keyof typeof HEADERS;

const headersOf = (names: HeaderName[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` as const }]));

const failureHeaders = (status: number): HeaderName[] => [
  'X-Request-Id',
  ...(status === 429 || status === 503 ? ['Retry-After' as const] : []),
  ...(status === 401 ? ['WWW-Authenticate' as const] : []),
];

const failureResponses = Object.fromEntries(
  Object.entries(FAILURES).map(([status, { name, description }]) => [
    name,
    {
      description,
      headers: headersOf(failureHeaders(Number(status))),
      content: { 'application/problem+json': { schema: Problem } },
    },
  ]),
);

/** What changes something that stands, and has an ETag. */
const takesIfMatch = ({ etag, method, path }: Route) => etag && method !== 'get' && path.includes(':');

/** Every status of a failure that a route can answer, from what it is and what it says of itself. */
function failuresOf(route: Route): number[] {
  const hasCaller = !route.callers.includes('open');
  const hasInput = route.body !== undefined || Object.keys(route.query.shape).length > 0;
  return [
    ...Object.keys(route.answers)
      .map(Number)
      .filter((status) => status >= 400),
    ...[400, 422, 500, 503],
    ...(hasCaller ? [401, 403] : []),
    ...(route.limited || hasCaller ? [429] : []),
    ...(route.path.includes(':') ? [404] : []),
    ...(route.body ? [413, 415] : []),
    ...(route.idempotent ? [409] : []),
    ...(takesIfMatch(route) ? [412] : []),
    ...(hasInput ? [422] : []),
  ];
}

function successHeaders({ limited, idempotent, etag, method }: Route): HeaderName[] {
  return [
    'X-Request-Id',
    ...(limited ? (['RateLimit', 'RateLimit-Policy'] as const) : []),
    ...(etag && method !== 'delete' ? (['ETag'] as const) : []),
    ...(idempotent ? (['Idempotency-Replayed'] as const) : []),
  ];
}

function responsesOf(route: Route): ZodOpenApiResponsesObject {
  const responses: ZodOpenApiResponsesObject = {};
  for (const [status, answer] of Object.entries(route.answers)) {
    if (Number(status) >= 400) continue;
    const {
      description,
      schema,
      mediaTypes = [],
    } = isDescribed(answer) ? answer : { description: route.summary, schema: answer };
    const ofText = (mediaType: string) => (mediaType === 'application/json' ? z.looseObject({}) : z.string());
    const texts = mediaTypes.map((mediaType) => [mediaType, { schema: ofText(mediaType) }]);
    const content = { ...(schema ? { 'application/json': { schema } } : {}), ...Object.fromEntries(texts) };
    responses[status as '200'] = {
      description,
      headers: headersOf(successHeaders(route)),
      ...(Object.keys(content).length > 0 ? { content } : {}),
    };
  }
  for (const status of new Set(failuresOf(route))) {
    const name = FAILURES[status]?.name;
    if (name) responses[`${status}` as '400'] = { $ref: `#/components/responses/${name}` };
  }
  return responses;
}

const IdempotencyKey = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('The same key and body within 24 h gives the first answer again'),
});

const IfMatch = z.object({
  'If-Match': z
    .string()
    .max(200)
    .optional()
    .describe('The ETag of what was read: it is changed only if it still has it'),
});

function paramsOf({ path, params }: Route): z.ZodObject | undefined {
  if (params) return params;
  const names = [...path.matchAll(/:(\w+)/g)].flatMap(([, name]) => (name === undefined ? [] : [name]));
  return names.length > 0 ? z.object(Object.fromEntries(names.map((name) => [name, z.string()]))) : undefined;
}

/** `createTimer`-like names that stay the same while method and path do. */
const operationIdOf = ({ method, path }: Route) =>
  method +
  path
    .split(/[/_.-]/)
    .map((word) =>
      word.replace(/^:/, 'By-').replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
    )
    .join('');

const SECURITY: Record<CallerKind, Record<string, string[]>[]> = {
  key: [{ apiKey: [] }, { bearer: [] }],
  admin: [{ adminToken: [] }],
  agent: [{ agentToken: [] }],
  open: [],
};

function operationOf(route: Route): ZodOpenApiOperationObject {
  const { summary, description, tag, callers, query, body, isBodyOptional, idempotent } = route;
  const path = paramsOf(route);
  const hasQuery = Object.keys(query.shape).length > 0;
  return {
    operationId: operationIdOf(route),
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    security: callers.flatMap((kind) => SECURITY[kind]),
    requestParams: {
      ...(path ? { path } : {}),
      ...(hasQuery ? { query } : {}),
      ...(idempotent ? { header: IdempotencyKey } : {}),
      ...(takesIfMatch(route) ? { header: IfMatch } : {}),
    },
    ...(body
      ? { requestBody: { required: !isBodyOptional, content: { 'application/json': { schema: body } } } }
      : {}),
    responses: responsesOf(route),
  };
}

/** The OpenAPI 3.1 document of routes: the same schemas that validate. */
export function describeRoutes(routes: readonly Route[], version: string): ReturnType<typeof createDocument> {
  const documented = routes.filter(({ hidden }) => !hidden);
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of documented) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operationOf(route) };
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Mainspring',
      version,
      description: 'Durable timers and webhooks over HTTP, on Temporal.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The server that answers this document' }],
    tags: [...new Set(documented.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      headers: HEADERS,
      responses: failureResponses,
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key: `mnt_…`' },
        bearer: { type: 'http', scheme: 'bearer', description: 'The same API key as a bearer token' },
        adminToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An admin token' },
        agentToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The token of an agent, from `POST /agents/{id}/connect`',
        },
      },
    },
  });
}
