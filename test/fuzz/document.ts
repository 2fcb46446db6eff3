import { z } from 'zod';

/** Of JSON Schema, what the document uses. */
export interface JsonSchema {
  $ref?: string;
  type?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
}

const Schema = z.custom<JsonSchema>((value) => typeof value === 'object' && value !== null);
const Content = z.record(z.string(), z.object({ schema: Schema.optional() }));
const Response = z.object({
  headers: z.record(z.string(), z.unknown()).default({}),
  content: Content.default({}),
});
const Parameter = z.object({
  in: z.enum(['path', 'query', 'header']),
  name: z.string(),
  schema: Schema.default({}),
});
const Operation = z.object({
  security: z.array(z.record(z.string(), z.unknown())).default([]),
  parameters: z.array(Parameter).default([]),
  requestBody: z.object({ required: z.boolean().default(false), content: Content }).optional(),
  responses: z.record(z.string(), z.union([z.object({ $ref: z.string() }), Response])),
});
const OpenApi = z.object({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({
    schemas: z.record(z.string(), Schema),
    responses: z.record(z.string(), Response),
  }),
});

export type Parameter = z.infer<typeof Parameter>;

/** What the document promises of one status of an operation. */
export interface Promised {
  headers: string[];
  mediaTypes: string[];
  /** Throws for JSON that is not as the document says. */
  check(json: unknown): void;
}

export interface ApiOperation {
  /** As it is sent: `GET`. */
  method: string;
  /** `/timers/{id}` */
  path: string;
  caller: 'key' | 'admin' | 'agent' | 'open';
  parameters: Parameter[];
  body: JsonSchema | undefined;
  answers: Map<number, Promised>;
}

/** What the document knows of a path and a method as they are sent. */
export interface Known {
  operation: ApiOperation | undefined;
  isPathKnown: boolean;
}

export interface ApiDocument {
  operations: ApiOperation[];
  schemas: Record<string, JsonSchema>;
  problem: z.ZodType;
  find(method: string, path: string): Known;
}

/** The document's references, as zod reads them. */
const asDefinitions = (schema: unknown) =>
  JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/'));

const callerOf = (security: Record<string, unknown>[]): ApiOperation['caller'] => {
  if (security.length === 0) return 'open';
  if (security.some((way) => 'agentToken' in way)) return 'agent';
  return security.some((way) => 'apiKey' in way) ? 'key' : 'admin';
};

/** Reads an OpenAPI document: what can be sent, and what may come back. */
export function readDocument(json: unknown): ApiDocument {
  const { paths, components } = OpenApi.parse(json);
  const $defs = asDefinitions(components.schemas);
  const compile = (schema: JsonSchema) => z.fromJSONSchema({ ...asDefinitions(schema), $defs });

  function promisedOf(response: z.infer<typeof Operation>['responses'][string]): Promised {
    const known = '$ref' in response ? components.responses[response.$ref.split('/').at(-1) ?? ''] : response;
    if (!known) throw new Error(`the document has no ${JSON.stringify(response)}`);
    const schema = known.content['application/json']?.schema;
    const compiled = schema && compile(schema);
    return {
      headers: Object.keys(known.headers),
      mediaTypes: Object.keys(known.content),
      check: (value) => void compiled?.parse(value),
    };
  }

  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security, parameters, requestBody, responses }]) => ({
      method: method.toUpperCase(),
      path,
      caller: callerOf(security),
      parameters,
      body: requestBody?.content['application/json']?.schema,
      answers: new Map(
        Object.entries(responses).map(([status, response]) => [Number(status), promisedOf(response)]),
      ),
    })),
  );
  const problem = compile({ $ref: '#/components/schemas/Problem' });
  return { operations, schemas: components.schemas, problem, find: finder(operations) };
}

const isParameter = (segment: string) => segment.startsWith('{');

/** Fixed words go before parameters. */
function finder(operations: ApiOperation[]): ApiDocument['find'] {
  const places = [...new Set(operations.map(({ path }) => path))]
    .map((path) => ({ path, segments: path.split('/') }))
    .sort((one, other) => parametersIn(one.segments) - parametersIn(other.segments));
  return (method, sent) => {
    const segments = sent.split('/');
    const place = places.find(({ segments: wanted }) => matches(wanted, segments));
    const wanted = method === 'HEAD' ? 'GET' : method;
    const operation = operations.find((one) => one.path === place?.path && one.method === wanted);
    return { operation, isPathKnown: place !== undefined };
  };
}

const parametersIn = (segments: string[]) => segments.filter(isParameter).length;

const matches = (wanted: string[], segments: string[]) =>
  wanted.length === segments.length &&
  wanted.every((word, index) => (isParameter(word) ? segments[index] !== '' : word === segments[index]));
